import { definePart } from '../../../proplet/lab/part.ts'

const levels: Readonly<Record<string, boolean>> = { high: true, low: false }

export default definePart({
  name: 'wire',
  doc: 'The end of a line in the hand of a test.',
  properties: {
    puts: { doc: 'Level that is put on the line: high, low or float.', initial: 'float' },
    driven: { doc: 'Level that the other end drives: high, low, or none yet.', initial: 'none', readOnly: true },
  },
  create(context) {
    let tell = () => {}
    context.onChange(() => tell())
    return {
      gpio: {
        drive: (level) => context.set('driven', level ? 'high' : 'low'),
        level: () => levels[String(context.get('puts'))],
        onLevel: (fn) => {
          tell = fn
        },
      },
    }
  },
})
