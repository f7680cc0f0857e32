/**
 * Grants of versions and deployments, transcripts of tasks, replays. Grants of a version are a blob, since that is how
 * they travel; those of a deployment are JSON, since they travel in its list.
 */
export const devices = `
ALTER TABLE versions ADD COLUMN grants TEXT;
ALTER TABLE versions ADD COLUMN grants_bytes INTEGER;
ALTER TABLE versions ADD COLUMN granted_by TEXT;
ALTER TABLE versions ADD COLUMN granted_ms INTEGER;

ALTER TABLE jobs ADD COLUMN grants TEXT;
ALTER TABLE jobs ADD COLUMN grants_bytes INTEGER;
ALTER TABLE jobs ADD COLUMN record INTEGER CHECK (record = 1);
ALTER TABLE jobs ADD COLUMN replay_task TEXT;
ALTER TABLE jobs ADD COLUMN replay_digest TEXT;
ALTER TABLE jobs ADD COLUMN replay_bytes INTEGER;
CREATE INDEX jobs_by_replay ON jobs (replay_digest) WHERE replay_digest IS NOT NULL;
CREATE INDEX jobs_by_grants ON jobs (grants) WHERE grants IS NOT NULL;

ALTER TABLE tasks ADD COLUMN refusals INTEGER;
ALTER TABLE tasks ADD COLUMN transcript_digest TEXT;
ALTER TABLE tasks ADD COLUMN transcript_bytes INTEGER;
ALTER TABLE tasks ADD COLUMN grants_digest TEXT;
ALTER TABLE tasks ADD COLUMN grants_bytes INTEGER;
CREATE INDEX tasks_by_transcript ON tasks (transcript_digest) WHERE transcript_digest IS NOT NULL;
CREATE INDEX tasks_by_grants ON tasks (grants_digest) WHERE grants_digest IS NOT NULL;

ALTER TABLE deployments ADD COLUMN grants TEXT;
ALTER TABLE deployment_states ADD COLUMN refusals INTEGER;
`
