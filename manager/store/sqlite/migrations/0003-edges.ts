/** Deployments that the edge of an input starts. A check cannot be changed, so its column is made anew. */
export const edges = `
ALTER TABLE deployments ADD COLUMN device TEXT;
ALTER TABLE deployments ADD COLUMN edge TEXT CHECK (edge IN ('rising', 'falling', 'both'));
ALTER TABLE deployments ADD COLUMN new_trigger TEXT NOT NULL DEFAULT 'boot'
  CHECK (new_trigger IN ('boot', 'every', 'on-request', 'edge'));
UPDATE deployments SET new_trigger = trigger_kind;
ALTER TABLE deployments DROP COLUMN trigger_kind;
ALTER TABLE deployments RENAME COLUMN new_trigger TO trigger_kind;
`
