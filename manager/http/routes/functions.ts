import { Manifest } from '../../../shared/documents/manifest.ts'
import type { FunctionName, UserId } from '../../../shared/ids.ts'
import { feasible, isReason } from '../../scheduler/feasible.ts'
import { jsonBody, noContent, type Route, reply, route, tagged, unlessMissing, WASM, wasmBody } from '../route.ts'
import { FunctionPath, PageParameters, pageOf, pageQuery } from '../schemas/common.ts'
import {
  AliasBody,
  AliasPath,
  FunctionView,
  functionView,
  InspectionView,
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
      const { manifest, notes } = await functions.inspect(body)
      // What is stored is what encodes: the answer shall not promise more.
      Manifest.encode(manifest)
      const need = {
        images: manifest.images,
        minMemoryPages: manifest.memory.minPages,
        selector: [],
        avoid: new Set<never>(),
      }
      const fits = [...proplets.all()]
        .filter((one) => one.connected)
        .map((one) => {
          const found = feasible(need, one)
          if (isReason(found)) return { proplet: one.id, fits: false, reason: found.text }
          return { proplet: one.id, fits: true, format: found.format }
        })
      return reply(InspectionView, { manifest, notes: noteViews(notes), proplets: fits })
    },
  })
