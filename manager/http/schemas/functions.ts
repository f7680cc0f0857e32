import { Manifest } from '../../../shared/documents/manifest.ts'
import { formats, functionLabel, kinds, propletName, sha256, userName } from '../../../shared/fields.ts'
import { aliasOrVersion } from '../../../shared/messages/index.ts'
import { bool, dictionary, list, numbered, text, uint } from '../../../shared/schema.ts'
import type { Inspection } from '../../services/functions.ts'
import type { FunctionRecord, VersionRecord } from '../../store/store.ts'
import { may, need, object, typeOf, type ValueOf, valuesOf } from '../described.ts'
import { grantList, grantText, time } from './common.ts'

const versionNumbers = valuesOf<Readonly<Record<string, number>>>(
  dictionary({ max: 1_024, key: aliasOrVersion, value: valuesOf<string>(uint(32)) }),
)
const words = list(text({ max: 1_024 }), { max: 64 })

const version = {
  function: need(functionLabel, 'Function.'),
  version: need(uint(32), 'Number of the version, from 1.'),
  kind: need(valuesOf<string>(numbered(kinds)), 'What the module is.'),
  manifest: need(sha256, 'Digest of the manifest, which names the version for good.'),
  artefact: need(sha256, 'Digest of the uploaded bytes.'),
  sizeBytes: need(uint(32), 'Of the uploaded bytes.'),
  createdMs: need(time, 'When it was uploaded: ms since 1970.'),
  createdBy: need(userName, 'Who uploaded it.'),
}
export const VersionView = object('version', 'A version of a function.', version)

export const FunctionView = object('function', 'A function.', {
  name: need(functionLabel, 'Name.'),
  latest: need(uint(32), 'Largest version.'),
  aliases: need(versionNumbers, 'Names of versions.'),
  createdMs: need(time, 'When its first version was uploaded.'),
  versions: may(list(VersionView.type, { max: 65_535 }), 'All versions; not in lists.'),
})

const Note = object('note', 'Where one form of a module runs.', {
  format: need(valuesOf<string>(numbered(formats)), 'Form of the module.'),
  runs: need(words, 'Where this form runs.'),
  refused: need(words, 'Where not, why, and what would make it fit.'),
})
const notes = need(list(Note.type, { max: 8 }), 'Where it can run, and why not elsewhere.')

export const VersionPath = object('path', 'Names in the path.', {
  function: need(functionLabel, 'The function.'),
  ref: need(aliasOrVersion, 'Number of a version, an alias, or latest.'),
})
export const AliasPath = object('path', 'Names in the path.', {
  function: need(functionLabel, 'The function.'),
  alias: need(aliasOrVersion, 'The alias.'),
})
export const AliasBody = object('alias', 'What an alias shall mean.', {
  version: need(uint(32), 'Number of a version.'),
})
export const GrantsBody = object('grants', 'Devices that the tasks of a version may use, in place of those before.', {
  grants: need(grantList, 'One for each device; an empty list takes everything away.'),
})
export const GrantsView = object('version-grants', 'What a version asks for and what it may.', {
  function: need(functionLabel, 'Function.'),
  version: need(uint(32), 'Version.'),
  asked: need(grantList, 'What its manifest asks for.'),
  grants: need(grantList, 'What its tasks may. A new version may nothing.'),
  words: need(grantText, 'The same for people.'),
  grantedBy: may(userName, 'Who said so last.'),
  grantedMs: may(time, 'When.'),
})

export const UploadQuery = object('query', 'Beside the module.', {
  alias: may(aliasOrVersion, 'Alias to move to the version, beside `latest`.'),
})

export const UploadedView = object('uploaded', 'The version that a module has become.', { ...version, notes })
export const ManifestView = object('function-version', 'A version with what its manifest says.', {
  ...Manifest.fields,
  ...version,
})

export const MAX_REASON_BYTES = 2_048

const Fit = object('fit', 'Whether one proplet would run it.', {
  proplet: need(propletName, 'Proplet.'),
  fits: need(bool, 'Whether it would be chosen now.'),
  format: may(numbered(formats), 'Form that it would load.'),
  reason: may(text({ max: MAX_REASON_BYTES }), 'Why it would not be chosen, and what would help.'),
})
export const InspectionView = object('inspection', 'What a module is and where it would run. Nothing is kept.', {
  manifest: need(typeOf(Manifest), 'The manifest that it would have.'),
  words: may(grantText, 'The devices that it asks for, for people; with what connected proplets know of them.'),
  notes,
  proplets: need(list(Fit.type, { max: 65_535 }), 'Every proplet that is connected.'),
})

export const versionView = ({
  manifestBytes: _,
  granted: _granted,
  ...row
}: VersionRecord): ValueOf<typeof VersionView> => row

export const functionView = (
  record: FunctionRecord,
  versions?: readonly VersionRecord[],
): ValueOf<typeof FunctionView> => ({ ...record, ...(versions && { versions: versions.map(versionView) }) })

export const noteViews = (found: Inspection['notes']): readonly ValueOf<typeof Note>[] => found
