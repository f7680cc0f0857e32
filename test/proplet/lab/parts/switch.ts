import { definePart } from '../../../../proplet/lab/part.ts'

const levels: Readonly<Record<string, boolean>> = { high: true, low: false }

export default definePart({
  name: 'switch',
  doc: 'A line in the hand of a test.',
  properties: {
    puts: { doc: 'high, low or float.', initial: 'float' },
    driven: { doc: 'What the other end drives.', initial: 'none', readOnly: true },
  },
  create: (context) => ({
    gpio: {
      drive: (level) => context.set('driven', level ? 'high' : 'low'),
      level: () => levels[String(context.get('puts'))],
    },
  }),
})
