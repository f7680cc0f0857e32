/** Platform descriptions of Renode, as far as ours go: what is registered where, what of it is given, what it drives. */

export type Entry = {
  readonly name: string
  /** Absent where an entry adds to one that is there. */
  readonly type?: string | undefined
  /** What it is registered at, of several the first. */
  readonly parent?: string | undefined
  readonly address?: number | undefined
  readonly values: Record<string, string>
  readonly wires: { readonly from: string; readonly to: string; readonly input: number }[]
}
export type Platform = { readonly uses: readonly string[]; readonly entries: readonly Entry[] }

const ENTRY = /^([A-Za-z_]\w*):(?:\s+([\w.]+)\s+@\s+(.+))?$/
const PLACE = /^\{?\s*(\w+)(?:\s+(0x[\da-fA-F]+|\d+))?[;\s}]*$/
const VALUE = /^(\w+):\s+(.+)$/
const WIRE = /^(?:(\w+)\s+)?->\s+(\w+)@(\d+)$/

/** Throws with the number of the line that it does not understand. */
export function readPlatform(text: string): Platform {
  const uses: string[] = []
  const entries: Entry[] = []
  for (const [line, words, isInner] of statements(text)) {
    const refuse = () => new Error(`line ${line}: ${words}`)
    const used = /^using "(.+)"$/.exec(words)?.[1]
    const [, name, type, places] = isInner ? [] : (ENTRY.exec(words) ?? [])
    if (used !== undefined) uses.push(used)
    else if (name !== undefined) entries.push({ name, type, ...placeOf(places, refuse), values: {}, wires: [] })
    else if (!addTo(entries.at(-1), words)) throw refuse()
  }
  return { uses, entries }
}

function placeOf(places: string | undefined, refuse: () => Error): Pick<Entry, 'parent' | 'address'> {
  if (places === undefined) return {}
  const [, parent, address] = PLACE.exec(places.split(';')[0] ?? '') ?? []
  if (parent === undefined) throw refuse()
  return { parent, ...(address !== undefined && { address: Number(address) }) }
}

function addTo(entry: Entry | undefined, words: string): boolean {
  const wire = WIRE.exec(words)
  const value = VALUE.exec(words)
  if (!entry || (!wire && !value)) return false
  if (wire) entry.wires.push({ from: wire[1] ?? '', to: wire[2] as string, input: Number(wire[3]) })
  else if (value) entry.values[value[1] as string] = value[2] as string
  return true
}

/** Lines without comments; what stands in braces is one. */
function statements(text: string): [line: number, words: string, isInner: boolean][] {
  const all: [number, string, boolean][] = []
  let open: [number, string, boolean] | undefined
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.replace(/\/\/.*$/, '').trimEnd()
    if (line.trim() === '') continue
    if (open) open[1] += ` ${line.trim()}`
    else all.push([index + 1, line.trim(), /^\s/.test(line)])
    const last = all.at(-1)
    open = last && last[1].split('{').length > last[1].split('}').length ? last : undefined
  }
  return all
}

/** Paths in the monitor of all that a platform registers, from `sysbus` on. */
export function pathsOf(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  const byName = new Map(entries.filter(({ type }) => type !== undefined).map((entry) => [entry.name, entry]))
  const path = ({ name, parent }: Entry): string => {
    const above = parent === undefined ? undefined : byName.get(parent)
    return above ? `${path(above)}.${name}` : `${parent ?? 'sysbus'}.${name}`
  }
  return new Map([...byName.values()].map((entry) => [path(entry), entry]))
}

/**
 * What of Renode's own platforms/boards/nucleo_h753zi.repl, and the files that it uses, ours leans on. A test compares it
 * with the file itself where a Renode is installed.
 */
export const UPSTREAM = `
nvic: IRQControllers.NVIC @ sysbus 0xE000E000
usart3: UART.STM32F7_USART @ sysbus 0x40004800
i2c1: I2C.STM32F7_I2C @ sysbus 0x40005400
rcc: Miscellaneous.STM32H7_RCC @ sysbus 0x58024400
gpioPortB: GPIOPort.STM32_GPIOPort @ sysbus 0x58020400
gpioPortC: GPIOPort.STM32_GPIOPort @ sysbus 0x58020800
gpioPortE: GPIOPort.STM32_GPIOPort @ sysbus 0x58021000
ethernet: Network.SynopsysDWCEthernetQualityOfService @ sysbus 0x40028000
GreenLED: Miscellaneous.LED @ gpioPortB 0
YellowLED: Miscellaneous.LED @ gpioPortE 1
RedLED: Miscellaneous.LED @ gpioPortB 14
UserButton1: Miscellaneous.Button @ gpioPortC 13
    -> gpioPortC@13
gpioPortB:
    0 -> GreenLED@0
    14 -> RedLED@0
gpioPortE:
    1 -> YellowLED@0
`
