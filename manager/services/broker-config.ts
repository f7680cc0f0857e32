import { type Identity, readable, writable } from '../../shared/access.ts'
import { SamaraError } from '../../shared/errors.ts'
import type { UserId } from '../../shared/ids.ts'
import { PROTOCOL } from '../../shared/topics.ts'
import { hashToken, newToken, type Proplets } from './proplets.ts'
import type { Users } from './users.ts'

/** Files with which Mosquitto lets in whom this manager knows, each to its own topics. */
export type MosquittoFiles = {
  readonly passwd: string
  readonly acl: string
  readonly conf: string
  /** What the manager itself connects with. */
  readonly manager: { readonly username: string; readonly password: string }
}

type Deps = {
  readonly proplets: Proplets
  readonly users: Users
  readonly namespace: string
  readonly maxPacketBytes: number
  /** Where the broker will find the files. */
  readonly dir: string
  /** Of an external broker that is in use already; made up where there is none. */
  readonly username?: string | undefined
  readonly password?: string | undefined
}

const MANAGER = 'samara-manager'
/** Mosquitto drops without a word what exceeds its queue, 1,000 messages unless told otherwise. */
const QUEUED_MESSAGES = 10_000
const IN_FLIGHT = 1_000

export function mosquittoFiles({ proplets, users, namespace, maxPacketBytes, dir, ...own }: Deps): MosquittoFiles {
  const manager = { username: own.username ?? MANAGER, password: own.password ?? newToken() }
  if (users.has(manager.username) || [...proplets.all()].some(({ id }) => id === manager.username))
    throw new SamaraError(
      'FAILED_PRECONDITION',
      `broker-username: ${manager.username} is the name of a user or proplet`,
      {
        field: 'broker-username',
        expected: 'a name of its own',
      },
    )
  const known = [...identities(proplets, users)]
  const passwd = [
    `${manager.username}:${hashToken(manager.password)}`,
    ...known.map(({ identity, hash }) => `${identity.id}:${hash}`),
  ]
  const acl = [
    `user ${manager.username}\ntopic readwrite samara/${PROTOCOL}/${namespace}/#`,
    ...known.map(({ identity }) => rules(identity, namespace)),
  ]
  return { passwd: `${passwd.join('\n')}\n`, acl: `${acl.join('\n\n')}\n`, conf: conf(dir, maxPacketBytes), manager }
}

function* identities(proplets: Proplets, users: Users): Generator<{ identity: Identity; hash: string }> {
  for (const { record } of proplets.all())
    if (record.tokenHash) yield { identity: { kind: 'proplet', id: record.id }, hash: record.tokenHash }
  for (const { id, role, tokenHash } of users.list())
    yield { identity: { kind: 'user', id: id satisfies UserId, role }, hash: tokenHash }
}

/** [P-2.3] */
const rules = (identity: Identity, namespace: string): string =>
  [
    `user ${identity.id}`,
    ...readable(identity, namespace).map((filter) => `topic read ${filter}`),
    ...writable(identity, namespace).map((filter) => `topic write ${filter}`),
  ].join('\n')

const conf = (
  dir: string,
  maxPacketBytes: number,
): string => `# Mosquitto 2 for Samara. Beside it: passwd and acl; reload both with SIGHUP.
listener 1883
allow_anonymous false
password_file ${dir}/passwd
acl_file ${dir}/acl

# Without it a QoS 1 round trip takes 40 ms and more. [P-1.1]
set_tcp_nodelay true

max_packet_size ${maxPacketBytes}
# Mosquitto drops without a word what exceeds its queue (1,000 unless set) and
# QoS 2 beyond its window (20 unless set); Samara keeps a window of its own below these.
max_queued_messages ${QUEUED_MESSAGES}
max_inflight_messages ${IN_FLIGHT}

# The manager's store is the truth; it publishes again what the broker has lost.
persistence false
`
