import { readFileSync } from 'node:fs'
import { type Topic, type TopicName, topics } from '../../shared/topics.ts'
import type { Mocked } from './mocked.ts'

/** What nobody should say to a proplet, on every topic that it listens to. */

type Vector = { readonly message: string; readonly note: string; readonly hex: string }
const read = (name: string): readonly Vector[] =>
  JSON.parse(readFileSync(new URL(`../../shared/vectors/${name}.json`, import.meta.url), 'utf8'))

export type Hostile = { readonly topic: TopicName; readonly what: string; readonly payload: Buffer }

/** CONFIG_SAMARA_PACKET_MAX. */
const PACKET_MAX = 1_024

const heard = (Object.entries(topics) as [TopicName, Topic][]).filter(
  ([, { from, template }]) => from === 'manager' && template.startsWith('p/'),
)
export const heardTopics: readonly TopicName[] = heard.map(([name]) => name)

/** Whether the proplets in TypeScript refuse it, too. */
const refused = ([, { carries }]: [TopicName, Topic], payload: Buffer): boolean => {
  if (payload.length > PACKET_MAX) return false
  try {
    carries.decode(payload)
    return false
  } catch {
    return true
  }
}

/** The vectors of messages that must be refused, whatever they were made for, on each topic. */
export const malformed: readonly Hostile[] = heard.flatMap((one) =>
  read('hostile')
    .map(({ note, hex }) => ({ topic: one[0], what: note, payload: Buffer.from(hex, 'hex') }))
    .filter(({ payload }) => refused(one, payload)),
)

/** The messages of each topic, cut at every byte. */
export const truncated: readonly Hostile[] = heard.flatMap((one) =>
  read('messages')
    .filter(({ message }) => message === one[1].carries.name)
    .flatMap(({ note, hex }) => {
      const whole = Buffer.from(hex, 'hex')
      return Array.from(whole, (_, length) => ({
        ...{ topic: one[0], what: `${note}, ${length} bytes of it` },
        payload: whole.subarray(0, length),
      }))
    })
    .filter(({ payload }) => refused(one, payload)),
)

export const oversized: readonly Hostile[] = heardTopics.flatMap((topic) =>
  [PACKET_MAX + 1, 2_048, 65_536, 1_048_576].map((size) => ({
    ...{ topic, what: `${size} bytes` },
    payload: Buffer.alloc(size, 0xa1),
  })),
)

/** All of a topic, then whether it still works. */
export async function sayAll(all: readonly Hostile[], say: Mocked['say'], isWell: () => Promise<void>): Promise<void> {
  for (const topic of heardTopics) {
    for (const one of all.filter((each) => each.topic === topic)) await say(one.topic, one.payload)
    await isWell()
  }
}
