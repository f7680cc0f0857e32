import { Manifest } from '../../../shared/documents/manifest.ts'
import { cut } from '../../../shared/fields.ts'
import { grantWords } from '../../../shared/grant-words.ts'
import type { FunctionName, UserId } from '../../../shared/ids.ts'
import { feasible, isReason, isShortOfMemory, misfits } from '../../scheduler/feasible.ts'
import { needsOf } from '../../scheduler/needs.ts'
import type { Candidate } from '../../scheduler/snapshot.ts'
import type { Inspection } from '../../services/functions.ts'
import type { VersionRecord } from '../../store/store.ts'
import type { ValueOf } from '../described.ts'
import { jsonBody, noContent, type Route, reply, route, tagged, unlessMissing, WASM, wasmBody } from '../route.ts'
import { FunctionPath, PageParameters, pageOf, pageQuery } from '../schemas/common.ts'
import {
  AliasBody,
  AliasPath,
  FunctionView,
  functionView,
  GrantsBody,
  GrantsView,
  InspectionView,
  MAX_REASON_BYTES,
  ManifestView,
  noteViews,
  UploadedView,
  UploadQuery,
  VersionPath,
  versionView,
} from '../schemas/functions.ts'
import type { Services } from '../services.ts'

const FunctionPage = pageOf(FunctionView)
const whenNew = { 'if-none-match': 'Entity tag that is known already.' }

export const functionRoutes = (services: Services): readonly Route[] => [
  route('GET /v1/functions', {
    doc: 'Functions, newest first.',
    access: 'user',
    query: PageParameters,
    answers: { 200: { doc: 'A page.', body: FunctionPage } },
    handle: async ({ query }) => {
      const { items, ...rest } = await services.functions.list(pageQuery(query))
      return reply(FunctionPage, { items: items.map((one) => functionView(one)), ...rest })
    },
  }),
  route('POST /v1/functions/{function}', {
    doc: 'Keeps a module as a new version. The same module as the newest version is that version again.',
    access: 'user',
    params: FunctionPath,
    query: UploadQuery,
    body: wasmBody,
    answers: {
      200: { doc: 'It is the newest version already.', body: UploadedView },
      201: { doc: 'A new version; Location names it.', body: UploadedView },
    },
    errors: ['UNSUPPORTED', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED'],
    handle: ({ params, query, body, user }) =>
      upload(services, params.function, body, { user: user.id as UserId, alias: query.alias }),
  }),
  route('GET /v1/functions/{function}', {
    doc: 'A function with all its versions.',
    access: 'user',
    params: FunctionPath,
    answers: { 200: { doc: 'The function.', body: FunctionView } },
    errors: ['NOT_FOUND'],
    handle: async ({ params }) => {
      const { function: found, versions } = await services.functions.show(params.function)
      return reply(FunctionView, functionView(found, versions))
    },
  }),
  route('DELETE /v1/functions/{function}', {
    doc: 'Forgets a function and its versions. Tasks and deployments that have pinned one go on.',
    access: 'operator',
    params: FunctionPath,
    answers: { 204: { doc: 'It is gone.' } },
    errors: ['NOT_FOUND'],
    handle: async ({ params }) => {
      await services.functions.remove(params.function)
      return noContent()
    },
  }),
  route('PUT /v1/functions/{function}/aliases/{alias}', {
    doc: 'Lets an alias mean a version.',
    access: 'user',
    params: AliasPath,
    body: jsonBody(AliasBody),
    answers: { 200: { doc: 'The function.', body: FunctionView } },
    errors: ['NOT_FOUND'],
    handle: async ({ params, body }) => {
      await services.functions.setAlias(params.function, params.alias, body.version)
      const { function: found, versions } = await services.functions.show(params.function)
      return reply(FunctionView, functionView(found, versions))
    },
  }),
  ...versionRoutes(services),
  ...grantRoutes(services),
  inspectRoute(services),
]

const versionRoutes = ({ functions, blobs }: Services): readonly Route[] => [
  route('GET /v1/functions/{function}/versions/{ref}', {
    doc: 'A version with its manifest. The entity tag is the digest of the manifest.',
    access: 'user',
    params: VersionPath,
    headers: whenNew,
    answers: { 200: { doc: 'The version.', body: ManifestView }, 304: { doc: 'It is the one that is known.' } },
    errors: ['NOT_FOUND'],
    handle: async ({ params, request }) => {
      const { version, manifest } = await functions.resolve(params.function, params.ref)
      return tagged(request, version.manifest, () =>
        reply(ManifestView, { ...manifest, ...versionView(version) }, 200, cacheable(version.manifest)),
      )
    },
  }),
  route('GET /v1/functions/{function}/versions/{ref}/module', {
    doc: 'The bytes that were uploaded. The entity tag is their digest.',
    access: 'user',
    params: VersionPath,
    headers: whenNew,
    answers: { 200: { doc: 'The module.', body: WASM }, 304: { doc: 'It is the one that is known.' } },
    errors: ['NOT_FOUND', 'DATA_LOSS'],
    handle: async ({ params, request }) => {
      const { version } = await functions.resolve(params.function, params.ref)
      return tagged(request, version.artefact, async () => {
        const bytes = await blobs.get(version.artefact)
        return new Response(bytes as Uint8Array<ArrayBuffer>, {
          headers: { 'content-type': WASM, ...cacheable(version.artefact) },
        })
      })
    },
  }),
]

const grantRoutes = ({ functions }: Services): readonly Route[] => [
  route('GET /v1/functions/{function}/versions/{ref}/grants', {
    doc: 'Devices that a version asks for, and those that its tasks may use.',
    access: 'user',
    params: VersionPath,
    answers: { 200: { doc: 'The grants.', body: GrantsView } },
    errors: ['NOT_FOUND', 'DATA_LOSS'],
    handle: async ({ params }) => {
      const { version } = await functions.resolve(params.function, params.ref)
      return reply(GrantsView, await grantsView(functions, version))
    },
  }),
  route('PUT /v1/functions/{function}/versions/{ref}/grants', {
    doc: 'Says which devices the tasks of a version may use. Attempts that are placed keep what they have.',
    access: 'operator',
    params: VersionPath,
    body: jsonBody(GrantsBody),
    answers: { 200: { doc: 'The grants.', body: GrantsView } },
    errors: ['NOT_FOUND'],
    handle: async ({ params, body, user }) => {
      const options = { grants: body.grants, user: user.id as UserId }
      const version = await functions.setGrants(params.function, params.ref, options)
      return reply(GrantsView, await grantsView(functions, version))
    },
  }),
]

async function grantsView(
  functions: Services['functions'],
  { function: name, version, manifest, granted }: VersionRecord,
): Promise<ValueOf<typeof GrantsView>> {
  const { devices = [] } = await functions.manifest(manifest)
  const { grants = [] } = (await functions.grantsOf(granted)) ?? {}
  const who = granted && { grantedBy: granted.grantedBy, grantedMs: granted.grantedMs }
  return { function: name, version, asked: devices, grants, words: grantWords(grants), ...who }
}

/** A name may mean other bytes tomorrow: it is asked every time, and answered with 304. */
const cacheable = (digest: string) => ({ etag: `"${digest}"`, 'cache-control': 'no-cache' })

async function upload(
  { functions }: Services,
  name: FunctionName,
  bytes: Uint8Array,
  options: { user: UserId; alias: string | undefined },
): Promise<Response> {
  const before = await unlessMissing(functions.resolve(name))
  const { version, inspection } = await functions.add(name, bytes, options)
  const isNew = before?.version.version !== version.version
  return reply(UploadedView, { ...versionView(version), notes: noteViews(inspection.notes) }, isNew ? 201 : 200, {
    location: `/v1/functions/${name}/versions/${version.version}`,
  })
}

const inspectRoute = ({ functions, proplets }: Services): Route =>
  route('POST /v1/inspect', {
    doc: 'Says what a module is and where it would run, without keeping it.',
    access: 'user',
    body: wasmBody,
    answers: { 200: { doc: 'What was found.', body: InspectionView } },
    errors: ['UNSUPPORTED', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED'],
    handle: async ({ body }) => {
      const inspection = await functions.inspect(body)
      const { manifest, notes } = inspection
      const { devices } = manifest
      // What is stored is what encodes: the answer shall not promise more.
      Manifest.encode(manifest)
      const connected = [...proplets.all()].filter((one) => one.connected)
      const fits = connected.map((one) => fitOf(inspection, one))
      const words =
        devices &&
        grantWords(
          devices,
          connected.flatMap((one) => one.devices),
        )
      return reply(InspectionView, { manifest, words, notes: noteViews(notes), proplets: fits })
    },
  })

/** Every reason at once, with what would mend it: who builds a module wants to change it once. */
function fitOf({ manifest, mends }: Inspection, one: Candidate): ValueOf<typeof InspectionView>['proplets'][number] {
  const need = { ...needsOf(manifest), grants: manifest.devices ?? [], selector: [], avoid: new Set<never>() }
  const found = feasible(need, one)
  if (!isReason(found)) return { proplet: one.id, fits: true, format: found.format }
  const against = [...misfits(need, one)].map(({ text }) => text)
  const helps = isShortOfMemory(need, one) ? mends : []
  const reasons = against.length > 0 ? [...against, ...helps] : [found.text]
  return { proplet: one.id, fits: false, reason: cut(reasons.join('; '), MAX_REASON_BYTES) }
}
