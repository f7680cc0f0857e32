import { definePart } from '../../../../proplet/lab/part.ts'

const word = (value: number) => [value & 0xff, value >> 8]
const texts: Readonly<Record<number, string>> = { 1: 'SN-7' }

/** A USB device with an interrupt endpoint that ticks, two settings and a serial number. */
const endpoint = (address: number, type: number) => [7, 5, address, type, ...word(64), 0]
const tail = [
  ...[9, 4, 0, 0, 1, 0xff, 0, 0, 0, ...endpoint(0x81, 3)],
  ...[9, 4, 0, 1, 2, 0xff, 0, 0, 0, ...endpoint(0x81, 3), ...endpoint(0x02, 2)],
]

export default definePart({
  name: 'stick',
  doc: 'Ticks.',
  properties: {
    tick: { doc: 'Byte of the next tick.', initial: 1 },
    refuses: { doc: 'Halts what is sent.', initial: false },
  },
  options: { everyMs: 0 },
  create(context, options) {
    let ready = false
    if (Number(options.everyMs) > 0)
      context.clock.after(BigInt(Number(options.everyMs)) * 1_000_000n, () => {
        ready = true
      })
    context.onChange((property) => {
      ready ||= property === 'tick'
    })
    return {
      usb: {
        deviceDescriptor: Uint8Array.from([
          18,
          1,
          ...word(0x110),
          0,
          0,
          0,
          64,
          ...word(0xcafe),
          ...word(0x4002),
          ...word(1),
          0,
          0,
          1,
          1,
        ]),
        configuration: Uint8Array.from([9, 2, ...word(9 + tail.length), 1, 1, 0, 0x80, 50, ...tail]),
        control(setup) {
          const text = setup[1] === 6 && setup[3] === 3 ? texts[setup[2] ?? 0] : undefined
          return text === undefined
            ? undefined
            : Uint8Array.from([2 + text.length * 2, 3, ...Buffer.from(text, 'utf16le')])
        },
        out: () => context.get('refuses') !== true,
        in() {
          if (!ready) return undefined
          ready = false
          return Uint8Array.of(Number(context.get('tick')), 2, 3)
        },
      },
    }
  },
})
