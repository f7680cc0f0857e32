const IAC = 255
const SUBNEGOTIATION_END = 240
const SUBNEGOTIATION = 250
/** WILL, WONT, DO and DONT have one byte after them. */
const FIRST_NEGOTIATION = 251

/** Takes telnet's commands out of a stream, however it was cut. Nothing is answered: whoever asks does not wait for it. */
export class TelnetReader {
  readonly #decoder = new TextDecoder()
  #at: 'text' | 'command' | 'option' | 'inside' | 'inside-command' = 'text'

  push(bytes: Uint8Array): string {
    const text = new Uint8Array(bytes.length)
    let length = 0
    for (const byte of bytes) if (this.#isText(byte)) text[length++] = byte
    return this.#decoder.decode(text.subarray(0, length), { stream: true })
  }

  #isText(byte: number): boolean {
    switch (this.#at) {
      case 'text':
        if (byte !== IAC) return true
        this.#at = 'command'
        return false
      case 'command':
        this.#at = byte === SUBNEGOTIATION ? 'inside' : byte >= FIRST_NEGOTIATION && byte !== IAC ? 'option' : 'text'
        // Twice, it is a byte of the text.
        return byte === IAC
      case 'option':
        this.#at = 'text'
        return false
      case 'inside':
        if (byte === IAC) this.#at = 'inside-command'
        return false
      case 'inside-command':
        this.#at = byte === SUBNEGOTIATION_END ? 'text' : 'inside'
        return false
    }
  }
}
