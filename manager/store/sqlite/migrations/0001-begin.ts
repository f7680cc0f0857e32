import { instanceStates } from '../../../../shared/proplet.ts'
import { finalStates, outcomes, taskStates } from '../../../../shared/task.ts'
import { roles } from '../../store.ts'

/** The values as a list for `IN`. A new value changes this text, so it needs a migration of its own; a test says so. */
const oneOf = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ')

/**
 * `seq` numbers rows in the order of their commits: pages go by it, since times tie and clocks jump. `namespace` is
 * `default` until there are tenants. Bytes of a task are here up to what travels inline; longer ones are blobs.
 */
export const begin = `
CREATE TABLE meta (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  incarnation INTEGER NOT NULL,
  probes INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE functions (
  seq INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL DEFAULT 'default',
  name TEXT NOT NULL,
  latest INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  UNIQUE (namespace, name)
) STRICT;

CREATE TABLE versions (
  namespace TEXT NOT NULL DEFAULT 'default',
  function INTEGER NOT NULL REFERENCES functions (seq) ON DELETE CASCADE,
  version INTEGER NOT NULL CHECK (version > 0),
  manifest TEXT NOT NULL,
  manifest_bytes INTEGER NOT NULL,
  artefact TEXT NOT NULL,
  kind TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (function, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE aliases (
  namespace TEXT NOT NULL DEFAULT 'default',
  function INTEGER NOT NULL,
  alias TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (function, alias),
  FOREIGN KEY (function, version) REFERENCES versions (function, version) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE proplets (
  namespace TEXT NOT NULL DEFAULT 'default',
  id TEXT NOT NULL,
  token_hash TEXT,
  labels TEXT NOT NULL,
  last_seen_ms INTEGER,
  created_ms INTEGER NOT NULL,
  hello BLOB,
  PRIMARY KEY (namespace, id)
) STRICT;

CREATE TABLE users (
  namespace TEXT NOT NULL DEFAULT 'default',
  id TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN (${oneOf(roles)})),
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (namespace, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL DEFAULT 'default',
  id TEXT NOT NULL UNIQUE,
  user TEXT NOT NULL,
  key TEXT NOT NULL,
  request_digest TEXT NOT NULL,
  function TEXT NOT NULL,
  version INTEGER NOT NULL,
  manifest TEXT NOT NULL,
  export TEXT NOT NULL,
  tasks INTEGER NOT NULL CHECK (tasks BETWEEN 1 AND 1000),
  selector TEXT,
  proplet TEXT,
  timeout_ms INTEGER NOT NULL,
  retries INTEGER NOT NULL,
  retry_on TEXT NOT NULL CHECK (retry_on IN ('lost', 'any')),
  reply TEXT,
  reply_format TEXT CHECK (reply_format IN ('json', 'cbor')),
  inline_bytes INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  UNIQUE (namespace, user, key)
) STRICT;
CREATE INDEX jobs_of_user ON jobs (namespace, user);
CREATE INDEX jobs_of_function ON jobs (namespace, function);

CREATE TABLE tasks (
  seq INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL DEFAULT 'default',
  id TEXT NOT NULL UNIQUE,
  job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  task_index INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN (${oneOf(taskStates)})),
  attempt INTEGER NOT NULL,
  proplet TEXT,
  created_ms INTEGER NOT NULL,
  finished_ms INTEGER,
  outcome TEXT CHECK (outcome IN (${oneOf(outcomes)})),
  exit_code INTEGER,
  error TEXT,
  waited_us INTEGER,
  ran_us INTEGER,
  memory_pages INTEGER,
  replies INTEGER NOT NULL CHECK (replies IN (0, 1)),
  confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
  cancel_requested INTEGER NOT NULL CHECK (cancel_requested IN (0, 1)),
  call_digest TEXT,
  call_bytes INTEGER,
  body_digest TEXT,
  body_bytes INTEGER,
  call BLOB,
  body BLOB,
  UNIQUE (job, task_index),
  CHECK ((finished_ms IS NOT NULL) = (state IN (${oneOf(finalStates)})))
) STRICT;
-- Nearly all rows end as completed, so every state but that one is few rows: what runs, and what went wrong.
CREATE INDEX tasks_by_state ON tasks (state, job) WHERE state <> 'completed';
CREATE INDEX tasks_unconfirmed ON tasks (finished_ms) WHERE replies = 1 AND confirmed = 0 AND finished_ms IS NOT NULL;
CREATE INDEX tasks_by_call ON tasks (call_digest) WHERE call_digest IS NOT NULL;
CREATE INDEX tasks_by_body ON tasks (body_digest) WHERE body_digest IS NOT NULL;

CREATE TABLE attempts (
  namespace TEXT NOT NULL DEFAULT 'default',
  task INTEGER NOT NULL REFERENCES tasks (seq) ON DELETE CASCADE,
  attempt INTEGER NOT NULL CHECK (attempt > 0),
  proplet TEXT NOT NULL,
  boot TEXT NOT NULL,
  placed_ms INTEGER NOT NULL,
  started_ms INTEGER,
  ended_ms INTEGER,
  outcome TEXT CHECK (outcome IN (${oneOf(outcomes)})),
  error TEXT,
  PRIMARY KEY (task, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE deployments (
  seq INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL DEFAULT 'default',
  id TEXT NOT NULL UNIQUE,
  user TEXT NOT NULL,
  function TEXT NOT NULL,
  version INTEGER NOT NULL,
  manifest TEXT NOT NULL,
  selector TEXT NOT NULL,
  trigger_kind TEXT NOT NULL CHECK (trigger_kind IN ('boot', 'every', 'on-request')),
  every_ms INTEGER,
  keep INTEGER NOT NULL CHECK (keep IN (0, 1)),
  timeout_ms INTEGER NOT NULL,
  throttle_ms INTEGER NOT NULL,
  buffer_count INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  call BLOB NOT NULL
) STRICT;

CREATE TABLE deployment_states (
  namespace TEXT NOT NULL DEFAULT 'default',
  deployment INTEGER NOT NULL REFERENCES deployments (seq) ON DELETE CASCADE,
  proplet TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN (${oneOf(instanceStates)})),
  manifest TEXT NOT NULL,
  boot TEXT NOT NULL,
  runs INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  error TEXT,
  reported_ms INTEGER NOT NULL,
  PRIMARY KEY (deployment, proplet)
) STRICT, WITHOUT ROWID;

CREATE TABLE deployment_results (
  seq INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL DEFAULT 'default',
  deployment INTEGER NOT NULL REFERENCES deployments (seq) ON DELETE CASCADE,
  proplet TEXT NOT NULL,
  boot TEXT NOT NULL,
  result_seq INTEGER NOT NULL,
  ended_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN (${oneOf(outcomes)})),
  exit_code INTEGER,
  error TEXT,
  ran_us INTEGER NOT NULL,
  body BLOB,
  UNIQUE (deployment, proplet, boot, result_seq)
) STRICT;
CREATE INDEX results_of_deployment ON deployment_results (deployment);

-- A removed proplet keeps its row: should the id come back, its revisions must go on, not begin again.
CREATE TABLE desired (
  namespace TEXT NOT NULL DEFAULT 'default',
  proplet TEXT NOT NULL,
  revision INTEGER NOT NULL,
  digest TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  PRIMARY KEY (namespace, proplet)
) STRICT, WITHOUT ROWID;
`
