import mqtt, { type MqttClient } from 'mqtt'
import { onTestFinished } from 'vitest'
import type { Answer } from '../../shared/messages/index.ts'
import { topics } from '../../shared/topics.ts'
import { FLEET_USER, type Fleet } from '../support/processes.ts'
import type { Submitted } from './campaign-judge.ts'

/** A user who publishes until it is heard, and writes down every message. */
export type CampaignUser = {
  readonly client: MqttClient
  readonly jobs: ReadonlyMap<string, Submitted>
  readonly log: readonly string[]
  readonly answers: readonly Answer[]
  /** Publishes the job, and again with the same key until it is accepted. */
  submit(job: Submitted, more?: object): void
  /** False where there is no connection to say it on. */
  say(what: 'submit' | 'fetch' | 'confirm' | 'cancel', body: object): boolean
  isAccepted(key: string): boolean
  /** Tasks of the job whose result is here. */
  done(key: string): number
  unfinished(): Submitted[]
  /** Waits for an answer that came or comes. */
  answer(fits: (answer: Answer) => boolean): Promise<Answer>
}

const AGAIN_MS = 500

export async function campaignUser(fleet: Fleet): Promise<CampaignUser> {
  const client = mqtt.connect(fleet.url, {
    username: FLEET_USER,
    password: fleet.tokens.get(FLEET_USER) ?? '',
    protocolVersion: 4,
    reconnectPeriod: 200,
    connectTimeout: 2_000,
  })
  const jobs = new Map<string, Submitted>()
  const extra = new Map<string, object>()
  const [log, answers]: [string[], Answer[]] = [[], []]
  const accepted = new Set<string>()
  const results = new Map<string, Set<number>>()
  const waiting = new Set<() => void>()
  const again = setInterval(() => {
    for (const key of jobs.keys()) if (!accepted.has(key)) publish(key)
  }, AGAIN_MS)
  onTestFinished(async () => {
    clearInterval(again)
    await client.endAsync(true)
  })
  // A broker that is away is what this is about.
  client.on('error', () => {})
  client.on('message', (_topic, payload) => {
    const text = payload.toString()
    log.push(text)
    hear(JSON.parse(text) as Answer)
    for (const look of waiting) look()
  })

  function hear(answer: Answer): void {
    answers.push(answer)
    const { key = '', type, index = 0 } = answer
    if (type === 'accepted') accepted.add(key)
    if (type !== 'result') return
    const seen = results.get(key) ?? new Set()
    results.set(key, seen.add(index))
  }

  function say(what: string, body: object): boolean {
    if (!client.connected) return false
    client.publish(`samara/1/default/u/${FLEET_USER}/${what}`, JSON.stringify(body), { qos: 1 }, () => {})
    return true
  }

  function publish(key: string): void {
    const { function: name, export: entry, calls } = jobs.get(key) as Submitted
    const args = calls.length === 1 ? { args: calls[0] } : { batch: calls }
    say('submit', { key, function: name, export: entry, ...args, ...extra.get(key) })
  }

  const done = (key: string): number => results.get(key)?.size ?? 0
  await client.subscribeAsync(`${topics.reply.of('default', { user: FLEET_USER })}/#`, { qos: 1 })
  return {
    client,
    jobs,
    log,
    answers,
    say,
    done,
    isAccepted: (key) => accepted.has(key),
    submit(job, more = {}) {
      jobs.set(job.key, job)
      extra.set(job.key, more)
      publish(job.key)
    },
    unfinished: () => [...jobs.values()].filter(({ key, calls }) => !accepted.has(key) || done(key) < calls.length),
    answer: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = answers.find(fits)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}
