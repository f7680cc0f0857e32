import type { Manifest } from '../../shared/documents/manifest.ts'
import type { ComponentDescription } from '../../shared/wasm/component.ts'
import type { Inspection } from '../services/functions.ts'
import { needsOf } from './inspect-component.ts'

/** Where each image runs and why not elsewhere, in words for the one who uploaded it. */

type Note = Inspection['notes'][number]

const PAGE_BYTES = 65_536
/** Above these, a note says how much the proplet must allow: 16 MiB, and what a large program's tables have. */
const NOTED_PAGES = 256
const NOTED_ELEMENTS = 100_000

const LINUX = 'Linux proplets (V8)'
const SMALL = 'C proplets (WAMR)'
const START_SECTION = `${SMALL}: it has a start section, which would run where no deadline reaches; export that code as a function`

export function notesOf(manifest: Manifest, component: ComponentDescription | undefined): Note[] {
  const formats = [...new Set(manifest.images.map(({ format }) => format))]
  return formats.map((format) => {
    const { runs, refused } = note(format, manifest, component)
    return { format, runs, refused: [...refused, ...sizeNotes(manifest)] }
  })
}

function note(format: string, manifest: Manifest, component: ComponentDescription | undefined): Omit<Note, 'format'> {
  switch (format) {
    case 'core-module':
      return manifest.startSection ? { runs: [LINUX], refused: [START_SECTION] } : { runs: [LINUX, SMALL], refused: [] }
    case 'wasi-command':
      return { runs: [LINUX], refused: [`${SMALL}: they have no WASI 0.1`] }
    case 'lowered-core':
      return loweredNote(manifest, component)
    default:
      return componentNote(manifest, component)
  }
}

function loweredNote(manifest: Manifest, component: ComponentDescription | undefined): Omit<Note, 'format'> {
  if (manifest.startSection) return { runs: [], refused: [START_SECTION] }
  const wanted = component?.imports.filter(({ functions }) => functions.length > 0).map(({ module }) => module) ?? []
  return { runs: [that(SMALL, wanted)], refused: [] }
}

function componentNote(manifest: Manifest, component: ComponentDescription | undefined): Omit<Note, 'format'> {
  const { offered, granted } = component ? needsOf(component) : { offered: [], granted: [] }
  const runs = [
    that(LINUX, offered),
    ...granted.map((name) => `${name}: only what is granted; nothing is preopened and nothing may be reached`),
  ]
  if (manifest.kind === 'lowered-core') return { runs, refused: [] }
  return {
    runs,
    refused: [`${SMALL}: it is a component; upload the core module with its component-type section instead`],
  }
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
