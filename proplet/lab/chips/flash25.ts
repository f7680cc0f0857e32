import { SamaraError } from '../../../shared/errors.ts'
import { definePart, type PartContext, type SpiModel } from '../part.ts'
import { bytesOption, type PartOptions } from './model/options.ts'
import { sfdpOf } from './model/sfdp.ts'
import { us } from './model/time.ts'

const PAGE = 256
const SECTOR = 4096
const KIB = 1024

const BUSY = 0x01
const WRITE_ENABLED = 0x02
/** Bits of the status that a controller sets: protection of blocks and of the register itself. */
const STATUS_WRITABLE = 0xfc

const WRITE_STATUS = 0x01
const PROGRAM = 0x02
const READ = 0x03
const WRITE_DISABLE = 0x04
const READ_STATUS = 0x05
const WRITE_ENABLE = 0x06
const FAST_READ = 0x0b
const READ_STATUS_2 = 0x35
const READ_UNIQUE = 0x4b
const READ_SFDP = 0x5a
const ENABLE_RESET = 0x66
const RESET = 0x99
const READ_IDS = 0x90
const READ_JEDEC = 0x9f
const RELEASE = 0xab
const POWER_DOWN = 0xb9

/** Erases with how much and how long, typical values. Those of 0 bytes take the whole chip. */
const ERASES: Readonly<Record<number, { readonly bytes: number; readonly takesUs: number }>> = {
  32: { bytes: SECTOR, takesUs: 45_000 },
  82: { bytes: 32 * KIB, takesUs: 120_000 },
  216: { bytes: 64 * KIB, takesUs: 150_000 },
  96: { bytes: 0, takesUs: 2_000_000 },
  199: { bytes: 0, takesUs: 2_000_000 },
}
const PROGRAM_US = 700
const STATUS_US = 10_000

/** Bytes between opcode and data: address, and dummies. */
const HEADERS: Readonly<Record<number, number>> = {
  [PROGRAM]: 3,
  [READ]: 3,
  [FAST_READ]: 4,
  [READ_UNIQUE]: 4,
  [READ_SFDP]: 4,
  [READ_IDS]: 3,
  [RELEASE]: 3,
}

const UNIQUE = [0xd2, 0x66, 0xb4, 0x21, 0x83, 0x1f, 0x09, 0x2b]

type Properties = 'programs' | 'erases'
type Identity = { readonly manufacturer: number; readonly family: number; readonly capacity: number }

class Flash25 implements SpiModel {
  readonly #context: PartContext<Properties>
  readonly #identity: Identity
  readonly #cells: Uint8Array
  readonly #sfdp: Uint8Array
  #status = 0
  #busyUntil = 0n
  #isAsleep = false
  #resetEnabled = false
  #opcode: number | undefined
  /** Bytes after the opcode. */
  #count = 0
  #address = 0
  #page: number[] = []

  constructor(context: PartContext<Properties>, identity: Identity, contents: Uint8Array) {
    this.#context = context
    this.#identity = identity
    this.#cells = new Uint8Array(2 ** identity.capacity).fill(0xff)
    this.#cells.set(contents)
    this.#sfdp = sfdpOf(this.#cells.length)
  }

  select(): void {
    this.#opcode = undefined
    this.#count = 0
    this.#address = 0
    this.#page = []
  }

  exchange(mosi: number): number {
    if (this.#opcode === undefined) {
      this.#opcode = mosi
      return 0xff
    }
    const at = this.#count++
    if (at < 3) this.#address = (this.#address << 8) | mosi
    if (!this.#listensTo(this.#opcode)) return 0xff
    return this.#answer(this.#opcode, at, mosi)
  }

  /** What changes the memory begins when the chip is let go. */
  deselect(): void {
    const opcode = this.#opcode
    if (opcode === undefined || !this.#listensTo(opcode)) return
    const resets = opcode === RESET && this.#resetEnabled
    this.#resetEnabled = opcode === ENABLE_RESET
    if (opcode === RELEASE) this.#isAsleep = false
    if (opcode === POWER_DOWN) this.#isAsleep = true
    if (opcode === WRITE_ENABLE) this.#status |= WRITE_ENABLED
    if (opcode === WRITE_DISABLE || resets) this.#status &= ~WRITE_ENABLED
    if (this.#status & WRITE_ENABLED) this.#change(opcode)
  }

  /** Asleep it hears its release alone, and busy its status alone. */
  #listensTo(opcode: number): boolean {
    if (this.#isAsleep) return opcode === RELEASE
    return !this.#isBusy() || opcode === READ_STATUS || opcode === READ_STATUS_2
  }

  #isBusy(): boolean {
    return this.#context.clock.now() < this.#busyUntil
  }

  #answer(opcode: number, at: number, mosi: number): number {
    if (opcode === READ_STATUS) return this.#isBusy() ? this.#status | BUSY | WRITE_ENABLED : this.#status
    if (opcode === READ_STATUS_2) return 0
    if (opcode === READ_JEDEC) return this.#jedec(at)
    if (opcode === WRITE_STATUS) this.#page.push(mosi)
    const data = at - (HEADERS[opcode] ?? Number.POSITIVE_INFINITY)
    return data < 0 || !Number.isFinite(data) ? 0xff : this.#data(opcode, data, mosi)
  }

  #jedec(at: number): number {
    const { manufacturer, family, capacity } = this.#identity
    return [manufacturer, family, capacity][at] ?? 0xff
  }

  #data(opcode: number, at: number, mosi: number): number {
    const { manufacturer, capacity } = this.#identity
    if (opcode === READ || opcode === FAST_READ) return this.#cells[(this.#address + at) % this.#cells.length] ?? 0xff
    if (opcode === READ_SFDP) return this.#sfdp[(this.#address + at) % this.#sfdp.length] ?? 0xff
    if (opcode === READ_UNIQUE) return UNIQUE[at % UNIQUE.length] ?? 0xff
    if (opcode === RELEASE) return capacity - 1
    if (opcode === READ_IDS) return (at + this.#address) % 2 === 0 ? manufacturer : capacity - 1
    if (opcode === PROGRAM) this.#page.push(mosi)
    return 0xff
  }

  #change(opcode: number): void {
    const erase = ERASES[opcode]
    if (erase && this.#count === (erase.bytes === 0 ? 0 : 3)) this.#erase(erase.bytes, erase.takesUs)
    if (opcode === PROGRAM && this.#page.length > 0) this.#program()
    if (opcode === WRITE_STATUS && this.#page.length > 0) this.#writeStatus(this.#page[0] ?? 0)
  }

  /** The write enable lasts for one change. */
  #work(takesUs: number): void {
    this.#busyUntil = this.#context.clock.now() + us(takesUs)
    this.#status &= ~WRITE_ENABLED
  }

  #writeStatus(value: number): void {
    this.#status = value & STATUS_WRITABLE
    this.#work(STATUS_US)
  }

  #erase(bytes: number, takesUs: number): void {
    const length = bytes || this.#cells.length
    const from = (this.#address % this.#cells.length) & ~(length - 1)
    if (this.#isProtected(from, length)) return this.#work(0)
    this.#cells.fill(0xff, from, from + length)
    this.#work(takesUs)
    this.#tally('erases')
  }

  /** Bits go from 1 to 0 only; bytes past the end of the page begin at its start again. */
  #program(): void {
    const from = this.#address % this.#cells.length
    if (this.#isProtected(from, 1)) return this.#work(0)
    const page = from - (from % PAGE)
    for (const [index, byte] of this.#page.entries()) {
      const cell = page + ((from + index) % PAGE)
      const isLast = index >= this.#page.length - PAGE
      if (isLast) this.#cells[cell] = (this.#cells[cell] ?? 0) & byte
    }
    this.#work(PROGRAM_US)
    this.#tally('programs')
  }

  /** BP2 to BP0 protect a part that doubles with each, from the top or, with TB, from the bottom; 0 nothing, 7 all. */
  #isProtected(from: number, length: number): boolean {
    const level = (this.#status >> 2) & 7
    if (level === 0) return false
    const size = Math.min(this.#cells.length, (this.#cells.length / 32) * 2 ** level)
    const isBottom = (this.#status & 0x20) !== 0
    return isBottom ? from < size : from + length > this.#cells.length - size
  }

  #tally(name: Properties): void {
    this.#context.set(name, Number(this.#context.get(name)) + 1)
  }
}

function identityOf(options: PartOptions): Identity {
  const [manufacturer, family, capacity, ...more] = bytesOption(options, 'jedecId', 3)
  if (manufacturer === undefined || family === undefined || capacity === undefined || more.length > 0)
    throw new SamaraError('INVALID_ARGUMENT', `option jedecId is ${options.jedecId}, expected 3 bytes in hex`)
  if (capacity < 12 || capacity > 24)
    throw new SamaraError(
      'INVALID_ARGUMENT',
      `option jedecId is ${options.jedecId}, expected a last byte from 0c to 18: 4 KiB to 16 MiB`,
    )
  return { manufacturer, family, capacity }
}

export default definePart({
  name: 'flash25',
  doc: 'Flash on SPI, 25 series. A W25Q80 of 1 MiB unless options say otherwise; the last byte of jedecId is its size as a power of two.',
  source: 'Winbond W25Q80BL, JEDEC JESD216',
  properties: {
    programs: { doc: 'Pages that were programmed.', initial: 0, readOnly: true },
    erases: { doc: 'Erases that were done.', initial: 0, readOnly: true },
  },
  options: { jedecId: 'ef4014', contents: '' },
  create(context, options) {
    const identity = identityOf(options)
    return { spi: new Flash25(context, identity, bytesOption(options, 'contents', 2 ** identity.capacity)) }
  },
})
