import { definePart } from '../part.ts'

export default definePart({
  name: 'relay',
  doc: 'Relay behind a driver transistor. It pulls in while its line is high, or with activeLow: true while it is low.',
  properties: {
    closed: { doc: 'Whether its contact is closed.', initial: false, readOnly: true },
    switches: { doc: 'How often the contact moved: relays wear.', initial: 0, readOnly: true },
  },
  options: { activeLow: false },
  create(context, options) {
    function move(closed: boolean): void {
      if (context.get('closed') === closed) return
      context.set('closed', closed)
      context.set('switches', Number(context.get('switches')) + 1)
    }
    return { gpio: { drive: (level) => move(level !== (options.activeLow === true)) } }
  },
})
