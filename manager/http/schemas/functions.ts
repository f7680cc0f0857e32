import { Manifest } from '../../../shared/documents/manifest.ts'
import { formats, functionLabel, propletName, sha256, userName } from '../../../shared/fields.ts'
import { aliasOrVersion } from '../../../shared/messages/index.ts'
import { bool, dictionary, type FieldType, list, numbered, struct, text, uint } from '../../../shared/schema.ts'
import type { Inspection } from '../../services/functions.ts'
import type { FunctionRecord, VersionRecord } from '../../store/store.ts'
import { as, may, need, object, typeOf, type ValueOf } from '../described.ts'
import { time } from './common.ts'

const numbers = dictionary({ max: 1_024, key: aliasOrVersion, value: uint(32) as never }) as unknown as FieldType<
  Readonly<Record<string, number>>
>
const kind = as<string>(text({ max: 16 }))
const words = list(text({ max: 1_024 }), { max: 64 })

const version = {
  function: need(functionLabel, 'Function.'),
  version: need(uint(32), 'Number of the version, from 1.'),
  kind: need(kind, 'What the module is.'),
  manifest: need(sha256, 'Digest of the manifest, which names the version.'),
  artefact: need(sha256, 'Digest of the uploaded bytes.'),
  sizeBytes: need(uint(32), 'Of the uploaded bytes.'),
  createdMs: need(time, 'When it was uploaded: ms since 1970.'),
  createdBy: need(userName, 'Who uploaded it.'),
}
export const VersionView = object('version', 'A version of a function.', version)

export const FunctionView = object('function', 'A function.', {
  name: need(functionLabel, 'Name.'),
  latest: need(uint(32), 'Largest version.'),
  aliases: need(numbers, 'Names of versions.'),
  createdMs: need(time, 'When its first version was uploaded.'),
  versions: may(list(VersionView.type, { max: 65_535 }), 'All versions, newest first; not in lists.'),
})

const note = struct('note', {
  format: { ...need(numbered(formats), 'Form of the module.'), key: 1 },
  runs: { ...need(words, 'Where this form runs.'), key: 2 },
  refused: { ...need(words, 'Where not, why, and what would make it fit.'), key: 3 },
})
const notes = list(note as FieldType<ValueOf<{ type: never } & never>>, { max: 8 }) as unknown as FieldType<Inspection['notes']>

export const UploadedView = object('uploaded', 'The version that a module has become.', {
  ...version,
  notes: need(notes, 'Where it can run, and why not elsewhere.'),
})

export const AliasBody = object('alias', 'What an alias shall mean.', { version: need(uint(32), 'Number of a version.') })

const { kind: _kind, artefact: _artefact, sizeBytes: _size, ...described } = Manifest.fields
export const ManifestView = object('function-version', 'The manifest of a version: what it is, needs and offers.', {
  ...version,
  ...described,
})

export const InspectionView = object('inspection', 'What a module is and where it would run. Nothing is kept.', {
  manifest: need(typeOf(Manifest), 'The manifest that it would have.'),
  notes: need(notes, 'Where it can run, and why not elsewhere.'),
  proplets: need(
    list(
      object('fit', 'Whether one proplet can run it.', {
        proplet: need(propletName, 'Proplet.'),
        fits: need(bool, 'Whether it would be chosen now.'),
        format: may(numbered(formats), 'Form that it would load.'),
        reason: may(text({ max: 1_024 }), 'Why it would not be chosen.'),
      }).type,
      { max: 65_535 },
    ),
    'Every proplet that is connected.',
  ),
})

export const versionView = ({ manifestBytes: _, ...row }: VersionRecord): ValueOf<typeof VersionView> => row
export const functionView = (record: FunctionRecord, versions?: readonly VersionRecord[]): ValueOf<typeof FunctionView> => ({
  ...record,
  ...(versions && { versions: versions.map(versionView) }),
})
