/** One event of a server-sent stream. */
export type SseEvent = { readonly id?: string; readonly event: string; readonly data: string }

const MAX_LINE = 4 * 1024 * 1024

/** Splits the stream's text into events, however it was cut on the way. */
export function createSseParser(): { push(text: string): SseEvent[] } {
  let rest = ''
  let data: string[] = []
  let event = ''
  let id: string | undefined

  function line(text: string, events: SseEvent[]): void {
    if (text === '') {
      if (data.length > 0)
        events.push({ event: event || 'message', data: data.join('\n'), ...(id !== undefined && { id }) })
      data = []
      event = ''
      return
    }
    const at = text.indexOf(':')
    const name = at < 0 ? text : text.slice(0, at)
    const value = at < 0 ? '' : text.slice(at + 1).replace(/^ /, '')
    if (name === 'data') data.push(value)
    else if (name === 'event') event = value
    else if (name === 'id') id = value
  }

  return {
    push(text) {
      const events: SseEvent[] = []
      const lines = (rest + text).split(/\r?\n/)
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE) throw new RangeError(`a line of the stream is longer than ${MAX_LINE}`)
      for (const one of lines) line(one, events)
      return events
    },
  }
}
