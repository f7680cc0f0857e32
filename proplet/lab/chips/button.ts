import { definePart, type GpioModel, type LabClock, type PartContext } from '../part.ts'
import { wholeOption } from './model/options.ts'
import { us } from './model/time.ts'

type Wiring = {
  readonly activeLow: boolean
  readonly pulled: boolean
  readonly bounces: number
  readonly bounceUs: number
}

class Button implements GpioModel {
  readonly #clock: LabClock
  readonly #wiring: Wiring
  #closed: boolean
  #tell = () => {}
  #cancel: (() => void) | undefined

  constructor(context: PartContext<'pressed'>, wiring: Wiring) {
    this.#clock = context.clock
    this.#wiring = wiring
    this.#closed = context.get('pressed') === true
    context.onChange((_, pressed) => this.#move(pressed === true, wiring.bounces * 2))
  }

  level(): boolean | undefined {
    const { activeLow, pulled } = this.#wiring
    if (this.#closed) return !activeLow
    return pulled ? activeLow : undefined
  }

  onLevel(fn: () => void): void {
    this.#tell = fn
  }

  /** A contact that closes opens again a few times before it rests. */
  #move(closed: boolean, more: number): void {
    this.#cancel?.()
    this.#closed = closed
    this.#tell()
    if (more === 0) return
    this.#cancel = this.#clock.after(us(this.#wiring.bounceUs), () => this.#move(!closed, more - 1))
  }
}

export default definePart({
  name: 'button',
  doc: 'Push button. It connects its line to ground, or with activeLow: false to the supply.',
  properties: { pressed: { doc: 'Whether it is held down.', initial: false } },
  options: {
    activeLow: true,
    /** Whether a resistor pulls the line to its other level; without one it floats while nobody presses. */
    pulled: true,
    /** How often the contact opens again when it closes, or closes again when it opens. */
    bounces: 0,
    bounceUs: 500,
  },
  create(context, options) {
    const wiring = {
      activeLow: options.activeLow === true,
      pulled: options.pulled === true,
      bounces: wholeOption(options, 'bounces', { min: 0, max: 100 }),
      bounceUs: wholeOption(options, 'bounceUs', { min: 1, max: 100_000 }),
    }
    return { gpio: new Button(context, wiring) }
  },
})
