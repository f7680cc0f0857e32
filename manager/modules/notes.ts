import type { Manifest } from '../../shared/documents/manifest.ts'
import type { ComponentDescription } from '../../shared/wasm/component.ts'
import type { Inspection } from '../services/functions.ts'
import { needsOf } from './inspect-component.ts'

/** Where each image runs and why not elsewhere, in words for the one who uploaded it. */

type Note = Inspection['notes'][number]
type Said = Omit<Note, 'format'>

/** What is known of the form that a C proplet loads, beside the manifest. */
export type SmallFacts = {
  /** Why there is none. */
  readonly refused: readonly string[]
  /** Why it has whole pages of memory, and what would help. */
  readonly mends: readonly string[]
  readonly startMoved: boolean
}

const NO_FACTS: SmallFacts = { refused: [], mends: [], startMoved: false }

const PAGE_BYTES = 65_536
/** Above these, a note says how much the proplet must allow: 16 MiB, and what a large program's tables have. */
const NOTED_PAGES = 256
const NOTED_ELEMENTS = 100_000
/** Boards have tens of KiB for an instance: one page is too much for most. */
const BOARD_BYTES = 49_152
/** And as much for its code, which stands in RAM beside it. */
const BOARD_IMAGE_BYTES = 65_536

const LINUX = 'Linux proplets (V8)'
const SMALL = 'C proplets (WAMR)'
const BOARDS = 'microcontrollers'

export function notesOf(
  manifest: Manifest,
  component: ComponentDescription | undefined,
  small: SmallFacts | undefined,
): Note[] {
  const formats = [...new Set(manifest.images.map(({ format }) => format))]
  return formats.map((format) => {
    const { runs, refused } = note(format, manifest, component, small)
    return { format, runs, refused: [...refused, ...sizeNotes(manifest)] }
  })
}

function note(
  format: string,
  manifest: Manifest,
  component: ComponentDescription | undefined,
  small: SmallFacts | undefined,
): Said {
  switch (format) {
    case 'core-module':
      return { runs: [LINUX], refused: lackingSmall(manifest, small) }
    case 'wasi-command':
      return { runs: [LINUX], refused: [`${SMALL}: they have no WASI 0.1`] }
    case 'lowered-core':
      return smallNote(manifest, wantedOf(component), small ?? NO_FACTS)
    default:
      return componentNote(manifest, component, small)
  }
}

const wantedOf = (component: ComponentDescription | undefined): readonly string[] =>
  component?.imports.filter(({ functions }) => functions.length > 0).map(({ module }) => module) ?? []

function smallNote(manifest: Manifest, wanted: readonly string[], { mends, startMoved }: SmallFacts): Said {
  const { dataBytes, memory, stackBytes } = manifest
  const whole = memory.minPages * PAGE_BYTES
  const stack = stackBytes === undefined ? '' : `, ${stackBytes} of them its stack`
  const cut = dataBytes === undefined ? '' : `: ${dataBytes} bytes of linear memory in place of ${whole}${stack}`
  const start = startMoved ? ['C proplets call its start section as a function, before all others'] : []
  const runs = [`${that(SMALL, wanted)}${cut}`, ...start]
  return { runs, refused: [...tooMuchMemory(dataBytes ?? whole, mends), ...tooMuchCode(manifest)] }
}

const tooMuchMemory = (sizeBytes: number, mends: readonly string[]): string[] =>
  sizeBytes <= BOARD_BYTES
    ? []
    : [`${BOARDS}: ${[`${sizeBytes} bytes of linear memory are more than most have`, ...mends].join('; ')}`]

const tooMuchCode = ({ images }: Manifest): string[] =>
  images
    .filter(({ format, sizeBytes }) => format === 'lowered-core' && sizeBytes > BOARD_IMAGE_BYTES)
    .map(
      ({ sizeBytes }) =>
        `${BOARDS}: ${sizeBytes} bytes of code are more than most have; optimise for size (-Oz, opt-level "s", lto)`,
    )

/** Told where no form for C proplets is among the images. */
const lackingSmall = (manifest: Manifest, small: SmallFacts = NO_FACTS): string[] =>
  manifest.images.some(({ format }) => format === 'lowered-core') ? [] : small.refused.map((why) => `${SMALL}: ${why}`)

function componentNote(
  manifest: Manifest,
  component: ComponentDescription | undefined,
  small: SmallFacts | undefined,
): Said {
  const { offered, granted } = component ? needsOf(component) : { offered: [], granted: [] }
  const runs = [
    that(LINUX, offered),
    ...granted.map((name) => `${name}: only what is granted; nothing is preopened and nothing may be reached`),
  ]
  return { runs, refused: lackingSmall(manifest, small) }
}

const that = (where: string, wanted: readonly string[]): string =>
  wanted.length ? `${where} that offer ${wanted.join(', ')}` : where

function sizeNotes({ memory, tableElements = 0 }: Manifest): string[] {
  const mebibytes = Math.ceil((memory.minPages * PAGE_BYTES) / 2 ** 20)
  return [
    ...(memory.minPages > NOTED_PAGES
      ? [`proplets that allow less memory: it starts with ${memory.minPages} pages (${mebibytes} MiB)`]
      : []),
    ...(tableElements > NOTED_ELEMENTS
      ? [`proplets that allow smaller tables: they start with ${tableElements} elements`]
      : []),
  ]
}
