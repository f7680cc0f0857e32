import { livenessStates } from '../shared/proplet.ts'
import { taskStates } from '../shared/task.ts'
import type { Deployments } from './services/deployments.ts'
import type { Proplets } from './services/proplets.ts'
import type { Engine } from './services/tasks/engine.ts'
import { BUCKETS_MS, type Histogram } from './services/tasks/histograms.ts'
import type { Store } from './store/store.ts'

/** What the process has used. */
export type Usage = {
  readonly memory: { readonly rss: number; readonly heapUsed: number }
  readonly cpu: { readonly user: number; readonly system: number }
  readonly uptimeSeconds: number
}

export type MetricsSource = {
  readonly store: Pick<Store, 'counts'>
  readonly proplets: Proplets
  readonly engine: Engine
  readonly deployments: Pick<Deployments, 'refusals'>
  readonly link: {
    readonly sentBytes: number
    readonly received: ReadonlyMap<string, number>
    readonly refused: number
  }
  readonly connections: () => number | undefined
  readonly usage: () => Usage
}

type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number]

/** State of the manager in the text format of Prometheus. Names and labels are few and fixed: no proplet or user is one. */
export async function metricsText(source: MetricsSource): Promise<string> {
  const { tasks, bytes } = await source.store.counts()
  const { engine, link } = source
  return [
    family(
      'samara_tasks',
      'gauge',
      'Tasks by state.',
      taskStates.map((state) => [{ state }, tasks[state] ?? 0]),
    ),
    family('samara_store_bytes', 'gauge', 'Size of the database.', [[{}, bytes]]),
    family('samara_jobs_active', 'gauge', 'Jobs with tasks that are not final.', [[{}, engine.active.jobs.size]]),
    family(
      'samara_task_outcomes_total',
      'counter',
      'Attempts by how they ended.',
      pairs('outcome', engine.histograms.outcomes),
    ),
    histogram('samara_task_queue_seconds', 'Time from acceptance to a place.', engine.histograms.queue),
    histogram('samara_task_run_seconds', 'Length of the call.', engine.histograms.run),
    family('samara_grant_refusals_total', 'counter', 'Operations that grants refused.', [
      [{ of: 'tasks' }, engine.histograms.refusals],
      [{ of: 'deployments' }, source.deployments.refusals],
    ]),
    family('samara_proplets', 'gauge', 'Proplets by how they are heard.', proplets(source.proplets)),
    family('samara_mqtt_sent_bytes_total', 'counter', 'Bytes of messages that were published.', [[{}, link.sentBytes]]),
    family('samara_mqtt_received_messages_total', 'counter', 'Messages received.', pairs('message', link.received)),
    family('samara_mqtt_refused_messages_total', 'counter', 'Messages dropped as wrong.', [[{}, link.refused]]),
    ...connections(source.connections()),
    ...usage(source.usage()),
  ].join('')
}

const connections = (count: number | undefined): string[] =>
  count === undefined
    ? []
    : [family('samara_mqtt_connections', 'gauge', 'Connections to the embedded broker.', [[{}, count]])]

function proplets(all: Proplets): Sample[] {
  const counts = new Map<string, number>()
  for (const one of all.all()) counts.set(one.liveness, (counts.get(one.liveness) ?? 0) + 1)
  return livenessStates.map((liveness) => [{ liveness }, counts.get(liveness) ?? 0])
}

const pairs = (label: string, counts: ReadonlyMap<string, number>): Sample[] =>
  [...counts].map(([name, count]) => [{ [label]: name }, count])

const usage = ({ memory, cpu, uptimeSeconds }: Usage): string[] => [
  family('process_resident_memory_bytes', 'gauge', 'Memory of the process.', [[{}, memory.rss]]),
  family('nodejs_heap_size_used_bytes', 'gauge', 'Heap in use.', [[{}, memory.heapUsed]]),
  family('process_cpu_seconds_total', 'counter', 'Processor time.', [[{}, (cpu.user + cpu.system) / 1e6]]),
  family('process_uptime_seconds', 'gauge', 'Since the start.', [[{}, uptimeSeconds]]),
]

function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.map((sample) => line(name, sample)).join('')}`
}

function line(name: string, [labels, value]: Sample): string {
  const inside = Object.entries(labels).map(([key, text]) => `${key}="${text}"`)
  return `${name}${inside.length > 0 ? `{${inside.join(',')}}` : ''} ${value}\n`
}

function histogram(name: string, help: string, { counts, sumMs, count }: Histogram): string {
  let below = 0
  const buckets = BUCKETS_MS.map((bound, index) => {
    below += counts[index] ?? 0
    return line(`${name}_bucket`, [{ le: bound / 1000 }, below])
  })
  const rest = [
    line(`${name}_bucket`, [{ le: '+Inf' }, count]),
    line(`${name}_sum`, [{}, sumMs / 1000]),
    line(`${name}_count`, [{}, count]),
  ]
  return `# HELP ${name} ${help}\n# TYPE ${name} histogram\n${[...buckets, ...rest].join('')}`
}
