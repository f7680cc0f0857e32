import { definePart } from '../../../../proplet/lab/part.ts'

/** Writes down what its wires see, so that a test can read it; answers with what `says` counts up from. */
export default definePart({
  name: 'notebook',
  doc: 'Notes every call.',
  properties: {
    notes: { doc: 'Calls, in order.', initial: '', readOnly: true },
    says: { doc: 'First byte that it answers.', initial: 0x10, min: 0, max: 255 },
    deaf: { doc: 'Acknowledges so many bytes and no more; -1 for all.', initial: -1 },
    broken: { doc: 'Throws.', initial: false },
  },
  create(context) {
    let next = 0
    let written = 0
    const note = (word: string) => {
      if (context.get('broken') === true) throw new Error('smoke')
      context.set('notes', `${context.get('notes')} ${word}`.trim().slice(-240))
    }
    const answer = () => Number(context.get('says')) + next++
    return {
      i2c: {
        start(direction) {
          note(`start-${direction}`)
          next = 0
          written = 0
          return true
        },
        write(byte) {
          note(`write-${byte.toString(16)}`)
          return context.get('deaf') === -1 || ++written <= Number(context.get('deaf'))
        },
        read: () => answer(),
        stop: () => note('stop'),
      },
      spi: {
        select() {
          note('select')
          next = 0
        },
        exchange(mosi) {
          note(`${mosi.toString(16)}`)
          return answer()
        },
        deselect: () => note('deselect'),
      },
    }
  },
})
