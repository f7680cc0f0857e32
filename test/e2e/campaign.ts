import { setTimeout as delay } from 'node:timers/promises'
import { type BrokerKind, createFleet, type Fleet } from '../support/processes.ts'
import { judge, type Submitted, type Verdict } from './campaign-judge.ts'
import { type CampaignUser, campaignUser } from './campaign-user.ts'

export type CampaignOptions = { readonly broker: BrokerKind; readonly kills: number; readonly seed: number }

export type Campaign = {
  readonly verdict: Verdict
  readonly killed: Readonly<Record<string, number>>
  readonly summary: string
}

type Random = () => number

const PROPLETS = ['edge-1', 'edge-2', 'edge-3']
const BETWEEN_KILLS_MS = [50, 1_400] as const
/** Sometimes all is quiet for longer, so that back-off ends and work gets done. */
const QUIET_MS = 4_000
const QUIET_SHARE = 0.1
const DOWN_MS = [0, 600] as const
const BETWEEN_JOBS_MS = [10, 150] as const
const MOST_OUTSTANDING = 60
/** Every kill may cost an attempt. */
const RETRIES = 250
const SETTLE_MS = 60_000
const FETCH_MS = 1_000

/** Kills every kind of process at random moments while a user works, then lets the user's own log be judged. */
export async function runCampaign({ broker, kills, seed }: CampaignOptions): Promise<Campaign> {
  const beganMs = performance.now()
  const random = seeded(seed)
  const fleet = await createFleet({ broker, proplets: PROPLETS })
  await fleet.start()
  const user = await campaignUser(fleet)
  const stop = new AbortController()
  const loading = load(user, seeded(seed + 1), stop.signal)
  const killed = await killAtRandom(fleet, kills, random)
  stop.abort()
  await loading
  await settled(user)
  const verdict = judge(user.jobs, user.log)
  const counts = Object.entries(killed).map(([name, count]) => `${name} ${count}`)
  const summary = [
    `campaign on ${broker}: seed ${seed}, killed ${counts.join(', ')}`,
    `${verdict.acceptedTasks} tasks of ${verdict.acceptedJobs} jobs accepted, ${verdict.retried} on a later attempt`,
    `${user.log.length} messages, ${Math.round((performance.now() - beganMs) / 1_000)} s`,
  ].join('; ')
  return { verdict, killed, summary }
}

async function killAtRandom(fleet: Fleet, kills: number, random: Random): Promise<Record<string, number>> {
  const { manager, broker, proplets } = fleet
  const kinds = [[manager], ...(broker ? [[broker]] : []), [...proplets.values()]]
  const killed: Record<string, number> = {}
  const restarts: Promise<void>[] = []
  for (let count = 0; count < kills; ) {
    await delay(random() < QUIET_SHARE ? QUIET_MS : between(random, BETWEEN_KILLS_MS))
    const victim = pick(random, pick(random, kinds))
    const downMs = between(random, DOWN_MS)
    if (victim.pid === undefined) continue
    await victim.kill('SIGKILL')
    const kind = proplets.has(victim.name) ? 'proplet' : victim.name
    killed[kind] = (killed[kind] ?? 0) + 1
    count++
    restarts.push(delay(downMs).then(() => victim.launch()))
  }
  await Promise.all(restarts)
  return killed
}

async function load(user: CampaignUser, random: Random, signal: AbortSignal): Promise<void> {
  for (let number = 1; !signal.aborted; number++) {
    await delay(between(random, BETWEEN_JOBS_MS))
    if (user.unfinished().length < MOST_OUTSTANDING) user.submit(nextJob(number, random), { retries: RETRIES })
    if (random() < 0.2) confirmOne(user, random)
  }
}

function nextJob(number: number, random: Random): Submitted {
  const job = { key: `k${number}`, function: 'add' }
  const kind = random()
  if (kind < 0.2) return { ...job, export: 'spin', calls: [[between(random, [10_000_000, 200_000_000])]] }
  const tasks = kind < 0.35 ? 2 + Math.floor(random() * 3) : 1
  return { ...job, export: 'add', calls: Array.from({ length: tasks }, (_, index) => [number, index]) }
}

function confirmOne(user: CampaignUser, random: Random): void {
  const { job, type } = user.answers[Math.floor(random() * user.answers.length)] ?? {}
  if (type === 'result' && job) user.say('confirm', { job })
}

/** Waits until everything has a result, asking for what may have been missed; then has the manager say all of it again. */
async function settled(user: CampaignUser): Promise<void> {
  const endMs = performance.now() + SETTLE_MS
  while (user.unfinished().length > 0 && performance.now() < endMs) {
    for (const { key } of user.unfinished()) if (user.isAccepted(key)) user.say('fetch', { key })
    await delay(FETCH_MS)
  }
  for (const key of user.jobs.keys()) {
    const heard = user.answers.length
    user.say('fetch', { key })
    const limitMs = performance.now() + FETCH_MS
    while (user.answers.length === heard && performance.now() < limitMs) await delay(1)
  }
  await delay(FETCH_MS)
}

const pick = <T>(random: Random, choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T

const between = (random: Random, [least, most]: readonly [number, number]): number =>
  Math.round(least + random() * (most - least))

/** Mulberry32: the same seed, the same plan. */
function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
