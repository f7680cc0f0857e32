/** How the manager reaches a broker: the embedded one, or any other. */
export interface Transport {
  /** Resolves when the broker has the message. Rejects with UNAVAILABLE where there is no connection. */
  publish(topic: string, payload: Uint8Array, options: { qos: 0 | 1; retain: boolean }): Promise<void>
  /** True while the broker is connected and every filter is subscribed. */
  readonly ready: boolean
  close(): Promise<void>
}

export type TransportEvents = {
  /** Payloads are at most as long as the broker lets through; the receiver bounds them again. */
  message(topic: string, payload: Uint8Array): void
  /** Connected and subscribed, the first time and again after every loss. */
  up(): void
  down(reason: string): void
  /** A user has subscribed to its replies; only the embedded broker can tell. */
  listening?(user: string): void
}
