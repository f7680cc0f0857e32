import { definePart } from '../part.ts'

export default definePart({
  name: 'led',
  doc: 'Light-emitting diode. It shines while its line is high, or with activeLow: true while it is low.',
  properties: { lit: { doc: 'Whether it shines.', initial: false, readOnly: true } },
  options: { activeLow: false },
  create(context, options) {
    return { gpio: { drive: (level) => context.set('lit', level !== (options.activeLow === true)) } }
  },
})
