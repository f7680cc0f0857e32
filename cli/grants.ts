import { InvalidArgumentError } from 'commander'
import { deviceKinds } from '../shared/bus.ts'
import { accesses, Grant } from '../shared/capabilities.ts'
import { isSamaraError, SamaraError } from '../shared/errors.ts'
import { grantWords } from '../shared/grant-words.ts'
import { parse } from '../shared/schema.ts'
import { PropletPage } from './api.ts'
import { list } from './pages.ts'
import type { Session } from './session.ts'
import { oneLine } from './text.ts'

/** Grants on the command line: read, said in words, and agreed to. [P-10.2] */

export const GRANT_FORM = 'NAME:KIND:ACCESS, and after it 10/s, 32B, 0x76,0x77'
const SHORT = { r: 'read', w: 'write', rw: 'read-write' } as const

/** `line1-temp:i2c:read:10/s`, `memories:i2c:read-write:0x50,0x51:32B`. */
export function grantOf(text: string): Grant {
  const [device, kind, access = '', ...limits] = text.split(':')
  const given = { device, kind, access: SHORT[access as keyof typeof SHORT] ?? access }
  const wanted = Object.assign(given, ...limits.map(limitOf))
  try {
    return parse('grant', Grant, wanted)
  } catch (error) {
    if (!isSamaraError(error)) throw error
    throw new InvalidArgumentError(
      `Expected ${GRANT_FORM}, KIND one of ${deviceKinds.join(', ')}, ACCESS one of ${accesses.join(', ')}.`,
    )
  }
}

function limitOf(text: string): Partial<Grant> {
  const [, rate] = /^(\d{1,9})\/s$/.exec(text) ?? []
  if (rate !== undefined) return { perSecond: Number(rate) }
  const [, size] = /^(\d{1,9})B$/.exec(text) ?? []
  if (size !== undefined) return { maxBytes: Number(size) }
  if (/^0x[0-9a-f]{1,4}(,0x[0-9a-f]{1,4})*$/i.test(text)) return { addresses: text.split(',').map(Number) }
  throw new InvalidArgumentError(`Expected a limit such as 10/s, 32B or 0x76,0x77, not ${JSON.stringify(text)}.`)
}

/** What `--grant` gathers: grants, and whether what the function asks for is meant too. */
export type Wanted = { readonly asked?: boolean; readonly none?: boolean; readonly grants: readonly Grant[] }

export function grantFlag(text: string, before: Wanted = { grants: [] }): Wanted {
  if (text === 'asked') return { ...before, asked: true }
  if (text === 'none') return { ...before, none: true }
  return { ...before, grants: [...before.grants, grantOf(text)] }
}

/** The grants that are meant; one that is named goes before what the function asks for. */
export function chosenGrants(what: string, wanted: Wanted, asked: readonly Grant[]): readonly Grant[] {
  if (wanted.none && (wanted.asked || wanted.grants.length > 0))
    throw new SamaraError('INVALID_ARGUMENT', 'grants: none and others cannot be given together')
  if (wanted.asked && asked.length === 0)
    throw new SamaraError('INVALID_ARGUMENT', `function ${what}: asks for no device by name`, { expected: GRANT_FORM })
  const named = new Set(wanted.grants.map(({ device }) => device))
  return [...(wanted.asked ? asked.filter(({ device }) => !named.has(device)) : []), ...wanted.grants]
}

/** Says what will be granted, and goes on only if somebody agrees. Taking everything away needs no consent. */
export async function consent(
  session: Session,
  {
    what,
    grants,
    yes,
  }: { readonly what: string; readonly grants: readonly Grant[]; readonly yes: boolean | undefined },
): Promise<void> {
  if (grants.length === 0) return
  const phrases = grantWords(grants, await knownDevices(session)).split('; ')
  session.note(`${what} is granted this:`)
  for (const phrase of phrases) session.note(`  ${phrase}`)
  if (yes) return
  if (!session.io.ask)
    throw new SamaraError('FAILED_PRECONDITION', 'grants: there is no terminal on which somebody could agree', {
      expected: '--yes',
    })
  const answer = await session.io.ask('Grant it? [y/N] ')
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new SamaraError('CANCELLED', 'nothing was granted')
}

/** What is known of the fleet's devices; the words are right without it, too. */
async function knownDevices(session: Session): Promise<{ name: string; chip?: string | undefined }[]> {
  try {
    const proplets = await list(session.client, PropletPage, '/v1/proplets')
    return proplets.flatMap(({ devices = [] }) =>
      devices.map(({ name, chip }) => ({ name, chip: chip && oneLine(chip) })),
    )
  } catch (error) {
    if (isSamaraError(error)) return []
    throw error
  }
}

/** Rows of a card: a line for each grant, since one that is cut says something else. */
export const grantRows = (title: string, grants: readonly Grant[]): [string, string][] =>
  grantWords(grants)
    .split('; ')
    .map((phrase, at) => [at === 0 ? title : '', phrase])
