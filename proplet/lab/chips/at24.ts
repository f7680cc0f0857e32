import { SamaraError } from '../../../shared/errors.ts'
import { definePart, type I2cModel, type PartContext } from '../part.ts'
import { bytesOption, type PartOptions, wholeOption } from './model/options.ts'
import { us } from './model/time.ts'

type Shape = {
  readonly size: number
  readonly pageSize: number
  readonly addressBytes: number
  readonly cycleUs: number
}

class At24 implements I2cModel {
  readonly #context: PartContext<'writeProtect' | 'writeCycles'>
  readonly #shape: Shape
  readonly #cells: Uint8Array
  /** Next cell; a write moves it within its page, a read over all of them. */
  #cell = 0
  #addressLeft = 0
  #page = new Map<number, number>()
  #busyUntil = 0n

  constructor(context: PartContext<'writeProtect' | 'writeCycles'>, shape: Shape, contents: Uint8Array) {
    this.#context = context
    this.#shape = shape
    this.#cells = new Uint8Array(shape.size).fill(0xff)
    this.#cells.set(contents)
  }

  /** Its address is not acknowledged during a write cycle. Data without a stop is not stored. */
  start(direction: 'read' | 'write'): boolean {
    this.#page.clear()
    if (this.#context.clock.now() < this.#busyUntil) return false
    if (direction === 'write') this.#addressLeft = this.#shape.addressBytes
    return true
  }

  write(byte: number): boolean {
    if (this.#addressLeft > 0) return this.#address(byte)
    this.#page.set(this.#cell, byte)
    const { pageSize } = this.#shape
    const page = this.#cell - (this.#cell % pageSize)
    this.#cell = page + ((this.#cell + 1) % pageSize)
    return true
  }

  read(): number {
    const byte = this.#cells[this.#cell] ?? 0xff
    this.#cell = (this.#cell + 1) % this.#shape.size
    return byte
  }

  /** With its protection pin high it acknowledges everything and stores nothing. */
  stop(): void {
    if (this.#page.size === 0 || this.#context.get('writeProtect') === true) return
    for (const [cell, byte] of this.#page) this.#cells[cell] = byte
    this.#page.clear()
    this.#busyUntil = this.#context.clock.now() + us(this.#shape.cycleUs)
    this.#context.set('writeCycles', Number(this.#context.get('writeCycles')) + 1)
  }

  #address(byte: number): boolean {
    const before = this.#addressLeft === this.#shape.addressBytes ? 0 : this.#cell
    this.#cell = (before * 256 + byte) % this.#shape.size
    this.#addressLeft--
    return true
  }
}

function shapeOf(options: PartOptions): Shape {
  const size = wholeOption(options, 'size', { min: 16, max: 65_536 })
  const pageSize = wholeOption(options, 'pageSize', { min: 1, max: 256 })
  const addressBytes = wholeOption(options, 'addressBytes', { min: 1, max: 2 })
  const cycleUs = wholeOption(options, 'writeCycleUs', { min: 0, max: 1_000_000 })
  if (size > 256 ** addressBytes)
    throw new SamaraError(
      'INVALID_ARGUMENT',
      `option size is ${size}, ${addressBytes} address bytes reach ${256 ** addressBytes}`,
    )
  if (size % pageSize !== 0)
    throw new SamaraError('INVALID_ARGUMENT', `option size is ${size}, expected a multiple of pageSize ${pageSize}`)
  return { size, pageSize, addressBytes, cycleUs }
}

export default definePart({
  name: 'at24',
  doc: 'EEPROM on i2c (0x50 to 0x57). A 24C02 unless options say otherwise; a 24C32 is size 4096, pageSize 32, addressBytes 2.',
  source: 'Microchip AT24C02D, AT24C32E',
  properties: {
    writeProtect: { doc: 'Level of the protection pin.', initial: false },
    writeCycles: { doc: 'Writes that were stored.', initial: 0, readOnly: true },
  },
  options: { size: 256, pageSize: 8, addressBytes: 1, writeCycleUs: 5000, contents: '' },
  create(context, options) {
    const shape = shapeOf(options)
    return { i2c: new At24(context, shape, bytesOption(options, 'contents', shape.size)) }
  },
})
