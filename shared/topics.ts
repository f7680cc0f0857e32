import { SamaraError, show } from './errors.ts'
import { NAME_PATTERN } from './ids.ts'
import { LabControl, LabControlled, LabState } from './lab/control.ts'
import * as m from './messages/index.ts'
import type { AnyMessage } from './schema.ts'

/** Version of the protocol; it is the second level of every topic. [P-2.1] */
export const PROTOCOL = 1
export const DEFAULT_NAMESPACE = 'default'

/** An operator is a user; a lab connects as the user that has its name. */
type Sender = 'proplet' | 'manager' | 'user' | 'operator' | 'lab'
type Levels<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Levels<Rest> : never

/** One topic: its template below `samara/1/{namespace}/`, who publishes it, and what it carries. */
export type Topic<T extends string = string, M extends AnyMessage = AnyMessage> = {
  readonly template: T
  readonly from: Sender
  readonly qos: 0 | 1
  readonly retain: boolean
  readonly carries: M
  readonly doc: string
  /** The topic for these names, namespace first. */
  of(namespace: string, names: Record<Levels<T>, string>): string
  /** The filter that matches it for every name. */
  filter(namespace: string): string
  /** The names in `topic`, or undefined where it is another topic. */
  match(topic: string): Record<Levels<T> | 'namespace', string> | undefined
}

type Options<M> = { from: Sender; qos: 0 | 1; retain?: boolean; carries: M; doc: string }

function topic<const T extends string, M extends AnyMessage>(template: T, options: Options<M>): Topic<T, M> {
  const levels = ['samara', `${PROTOCOL}`, '{namespace}', ...template.split('/')]
  const fill = (names: Record<string, string>) =>
    levels.map((level) => (level.startsWith('{') ? safeLevel(names[level.slice(1, -1)], level) : level)).join('/')
  return {
    template,
    from: options.from,
    qos: options.qos,
    retain: options.retain ?? false,
    carries: options.carries,
    doc: options.doc,
    of: (namespace, names) => fill({ ...(names as Record<string, string>), namespace }),
    filter: (namespace) =>
      levels.map((level) => (level === '{namespace}' ? namespace : level.startsWith('{') ? '+' : level)).join('/'),
    match: (name) => matchLevels(levels, name) as never,
  }
}

/** A name never becomes more than one level, nor a wildcard. [P-2.2] */
function safeLevel(name: string | undefined, level: string): string {
  if (name !== undefined && NAME_PATTERN.test(name)) return name
  throw new SamaraError('INVALID_ARGUMENT', `topic level ${level}: ${show(name)} is not a name`)
}

function matchLevels(levels: readonly string[], name: string): Record<string, string> | undefined {
  const parts = name.split('/')
  if (parts.length !== levels.length) return undefined
  const names: Record<string, string> = {}
  for (const [index, level] of levels.entries()) {
    const part = parts[index] ?? ''
    if (!level.startsWith('{')) {
      if (part !== level) return undefined
    } else if (NAME_PATTERN.test(part)) names[level.slice(1, -1)] = part
    else return undefined
  }
  return names
}

/**
 * Every topic, once. `p/` belongs to proplets, `u/` to users, `l/` to simulated hardware; the name after it is the sender
 * or the receiver. [P-2]
 */
export const topics = {
  hello: topic('p/{proplet}/hello', { from: 'proplet', qos: 1, carries: m.Hello, doc: 'Begins a connection.' }),
  alive: topic('p/{proplet}/alive', { from: 'proplet', qos: 0, carries: m.Alive, doc: 'Heartbeat.' }),
  gone: topic('p/{proplet}/gone', { from: 'proplet', qos: 1, carries: m.Gone, doc: 'Last will, or goodbye.' }),
  reported: topic('p/{proplet}/reported', {
    from: 'proplet',
    qos: 1,
    retain: true,
    carries: m.Reported,
    doc: 'Desired index that it follows.',
  }),
  started: topic('p/{proplet}/started', { from: 'proplet', qos: 1, carries: m.Started, doc: 'An attempt is held.' }),
  renew: topic('p/{proplet}/renew', { from: 'proplet', qos: 1, carries: m.Renew, doc: 'Asks for longer leases.' }),
  result: topic('p/{proplet}/result', { from: 'proplet', qos: 1, carries: m.Result, doc: 'End of an attempt.' }),
  log: topic('p/{proplet}/log', { from: 'proplet', qos: 0, carries: m.Log, doc: 'Output of a running attempt.' }),
  pull: topic('p/{proplet}/pull', {
    from: 'proplet',
    qos: 1,
    carries: m.BlobGet,
    doc: 'Asks the manager for a window of a blob.',
  }),
  pushed: topic('p/{proplet}/pushed', { from: 'proplet', qos: 1, carries: m.BlobChunk, doc: 'Chunk for the manager.' }),
  deploymentState: topic('p/{proplet}/deployment', {
    from: 'proplet',
    qos: 1,
    carries: m.DeploymentState,
    doc: 'State of a deployment.',
  }),
  deploymentResult: topic('p/{proplet}/d/{deployment}', {
    from: 'proplet',
    qos: 1,
    carries: m.DeploymentResult,
    doc: "A deployment's results.",
  }),

  welcome: topic('p/{proplet}/welcome', { from: 'manager', qos: 1, carries: m.Welcome, doc: 'Answers hello.' }),
  desired: topic('p/{proplet}/desired', {
    from: 'manager',
    qos: 1,
    retain: true,
    carries: m.Desired,
    doc: 'Index of what it shall keep.',
  }),
  start: topic('p/{proplet}/start', { from: 'manager', qos: 1, carries: m.Start, doc: 'Run an attempt.' }),
  lease: topic('p/{proplet}/lease', { from: 'manager', qos: 1, carries: m.Lease, doc: 'Answers renew.' }),
  cancel: topic('p/{proplet}/cancel', { from: 'manager', qos: 1, carries: m.Cancel, doc: 'Stop an attempt.' }),
  ack: topic('p/{proplet}/ack', { from: 'manager', qos: 1, carries: m.Ack, doc: 'Results that are durable.' }),
  push: topic('p/{proplet}/push', {
    from: 'manager',
    qos: 1,
    carries: m.BlobGet,
    doc: 'Asks the proplet for a window of a blob.',
  }),
  pulled: topic('p/{proplet}/pulled', { from: 'manager', qos: 1, carries: m.BlobChunk, doc: 'Chunk for the proplet.' }),

  submit: topic('u/{user}/submit', { from: 'user', qos: 1, carries: m.Submit, doc: 'A job.' }),
  confirm: topic('u/{user}/confirm', { from: 'user', qos: 1, carries: m.Confirm, doc: 'A result was received.' }),
  cancelJob: topic('u/{user}/cancel', { from: 'user', qos: 1, carries: m.CancelJob, doc: 'Stop a task or job.' }),
  fetch: topic('u/{user}/fetch', { from: 'user', qos: 1, carries: m.Fetch, doc: 'Send answers again.' }),
  upload: topic('u/{user}/upload', { from: 'user', qos: 1, carries: m.Upload, doc: 'Announces a module.' }),
  userPull: topic('u/{user}/pull', {
    from: 'user',
    qos: 1,
    carries: m.BlobGet,
    doc: 'Asks the manager for a window of a blob.',
  }),
  userPushed: topic('u/{user}/pushed', { from: 'user', qos: 1, carries: m.BlobChunk, doc: 'Chunk of an upload.' }),

  reply: topic('u/{user}/reply', {
    from: 'manager',
    qos: 1,
    carries: m.Answer,
    doc: 'Answers; `u/{user}/reply/...` too, where the job says so.',
  }),
  userPush: topic('u/{user}/push', {
    from: 'manager',
    qos: 1,
    carries: m.BlobGet,
    doc: 'Asks the user for a window of an upload.',
  }),
  userPulled: topic('u/{user}/pulled', { from: 'manager', qos: 1, carries: m.BlobChunk, doc: 'Chunk for the user.' }),

  labControl: topic('l/{lab}/control/{user}', {
    from: 'operator',
    qos: 1,
    carries: LabControl,
    doc: 'One thing to do to a lab.',
  }),
  labAnswer: topic('l/{lab}/answer/{user}', {
    from: 'lab',
    qos: 1,
    carries: LabControlled,
    doc: 'What became of it.',
  }),
  labState: topic('l/{lab}/state', { from: 'lab', qos: 0, carries: LabState, doc: 'A property has changed.' }),
} as const

export type TopicName = keyof typeof topics
export type Carried<T extends Topic> = ReturnType<T['carries']['decode']>

/** Reserved for direct calls of a deployed function, caller to proplet, the manager not on the path. [P-7.5] */
export const RESERVED_TOPICS = ['p/{proplet}/d/{deployment}/request', 'p/{proplet}/d/{deployment}/response'] as const

/** Answers go below this prefix only, or the manager would publish for a user where he may not. [P-9.1] */
export function replyTopic(namespace: string, user: string, wanted: string | undefined): string {
  const own = topics.reply.of(namespace, { user })
  if (wanted === undefined || wanted === own) return own
  const below = wanted.startsWith(`${own}/`) ? wanted.slice(own.length + 1).split('/') : []
  if (below.length > 0 && below.length <= 8 && below.every((level) => NAME_PATTERN.test(level))) return wanted
  throw new SamaraError('PERMISSION_DENIED', `reply: ${show(wanted)} is not ${own} or a topic below it`, {
    field: 'reply',
    expected: `${own} or a topic below it`,
  })
}
