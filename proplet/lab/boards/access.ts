import type { SerialShell } from '../../../shared/board/shell.ts'
import { SamaraError, show } from '../../../shared/errors.ts'
import type { PropertyValue } from '../part.ts'
import { type BoardPart, propertyOf } from './board-parts.ts'
import type { Monitor } from './monitor.ts'
import type { PartAccess } from './simulator.ts'

/** Parts of a board by Renode's monitor: a model has properties, and a button two commands. */
export const byMonitor = (monitor: Monitor): PartAccess => ({
  async get(part, property) {
    const command = `${part.at} ${propertyOf(part, property).as}`
    const lines = (await monitor.run(command)).map((line) => line.trim()).filter((line) => line !== '')
    if (lines[0] === undefined) throw new SamaraError('DATA_LOSS', `monitor: ${show(command)} printed nothing`)
    return lines[0]
  },
  async set(part, property, value) {
    const { as } = propertyOf(part, property)
    const isButton = part.chip === 'button' && property === 'pressed'
    const words = isButton ? (value ? 'Press' : 'Release') : `${as} ${token(value)}`
    await monitor.run(`${part.at} ${words}`)
  },
})

const MAX_DECIMALS = 9
const MAX_NUMBER = 1e15

/** As the monitor's tokens are: a number with a point has no exponent, and texts stand in quotes. */
function token(value: PropertyValue): string {
  // A quote is escaped there, and a backslash before it could not be: it would end the text, and the command with it.
  if (typeof value === 'string' && value.includes('\\'))
    throw new SamaraError('INVALID_ARGUMENT', `monitor: ${show(value)} has a backslash, which it does not take`)
  if (typeof value === 'string') return `"${value.replaceAll('"', '\\"')}"`
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (Number.isSafeInteger(value)) return value.toFixed(0)
  // Its numbers have 32 or 64 bits, and it falls over one that does not fit.
  if (Math.abs(value) > MAX_NUMBER)
    throw new SamaraError('INVALID_ARGUMENT', `board: ${value} is more than ${MAX_NUMBER}`)
  const text = value.toFixed(MAX_DECIMALS).replace(/0+$/, '')
  return text.endsWith('.') ? `${text}0` : text
}

/** By the command `cell` in the shell of an image that has its own emulated parts. */
export const byShell = (shell: Pick<SerialShell, 'ask'>): PartAccess => ({
  async get(part, property) {
    const { as } = propertyOf(part, property)
    const answer = await shell.ask(`cell read ${part.at}`)
    const found = answer.split(/\s+/).find((word) => word.startsWith(`${as}=`))
    if (found !== undefined) return found.slice(as.length + 1)
    throw new SamaraError('DATA_LOSS', `board: ${show(`cell read ${part.at}`)}: ${show(answer)} has no ${as}`)
  },
  async set(part, property, value) {
    const { as } = propertyOf(part, property)
    const isButton = part.chip === 'button' && property === 'pressed'
    await shell.ask(
      isButton ? `cell ${value ? 'press' : 'release'} ${part.at}` : `cell set ${part.at} ${as} ${word(value)}`,
    )
  },
})

/** A shell takes words: no spaces, and numbers without an exponent. */
function word(value: PropertyValue): string {
  if (typeof value !== 'string') return token(value)
  if (/^[^\s"'\\]+$/.test(value)) return value
  throw new SamaraError('INVALID_ARGUMENT', `board: ${show(value)} is not one word`)
}

/** Parts as a lab file has them in the beginning. */
export async function setInitial(access: PartAccess, parts: Iterable<BoardPart>): Promise<void> {
  for (const part of parts)
    for (const [property, value] of Object.entries(part.initial)) await access.set(part, property, value)
}
