import { toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { type ErrorCode, errors } from '../../shared/errors.ts'
import type { AnyDescribed, AnyType } from './described.ts'
import { PROBLEM } from './problems.ts'
import { type Answer, JSON_TYPE, type Route, WASM } from './route.ts'
import { Problem } from './schemas/common.ts'

/** The API as OpenAPI 3.1, from the same descriptions that check and mount it. */

type Json = Readonly<Record<string, unknown>>

export function openApi(routes: readonly Route[], version: string): Json {
  const schemas = new Map<string, Json>()
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    const path = paths[route.path] ?? {}
    paths[route.path] = path
    path[route.method.toLowerCase()] = operation(route, schemas)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Samara', version, description: 'Runs WebAssembly functions where the machines are.' },
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ token: [] }, {}],
  }
}

function operation(route: Route, schemas: Map<string, Json>): Json {
  return {
    operationId: operationId(route),
    summary: route.doc,
    tags: [tagOf(route.path)],
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...Object.entries(route.headers).map(([name, description]) => ({
        name,
        in: 'header',
        description,
        schema: { type: 'string' },
      })),
    ],
    ...(route.body && { requestBody: requestBody(route.body, schemas) }),
    responses: { ...answers(route, schemas), ...failures(route, schemas) },
    'x-access': route.access,
    ...(route.access === 'anyone' && { security: [] }),
  }
}

const operationId = ({ method, path }: Route): string =>
  [method.toLowerCase(), ...path.split('/').filter((level) => level !== '' && level !== 'v1')]
    .map((level) => level.replaceAll(/[{}.]/g, ''))
    .join('-')

const tagOf = (path: string): string => (path.startsWith('/v1/') ? (path.split('/')[2] ?? '') : 'system')

const parameters = (of: AnyDescribed, where: 'path' | 'query'): Json[] =>
  Object.entries(of.type.fields ?? {}).map(([name, field]) => ({
    name,
    in: where,
    description: field.doc,
    required: !field.optional,
    schema: schemaOf(field.type),
  }))

function requestBody(body: NonNullable<Route['body']>, schemas: Map<string, Json>): Json {
  if (body.kind === 'wasm') return { required: true, content: { [WASM]: { schema: bytes } } }
  return { required: !body.optional, content: { [JSON_TYPE]: { schema: reference(body.of, schemas) } } }
}

const bytes: Json = { type: 'string', contentMediaType: 'application/octet-stream' }

function answers(route: Route, schemas: Map<string, Json>): Json {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, answer]) => [
      status,
      { description: answer.doc, ...content(answer, schemas) },
    ]),
  )
}

function content({ body, other }: Answer, schemas: Map<string, Json>): Json {
  if (body === undefined) return {}
  const more = other === undefined ? {} : { [other]: { schema: bytes } }
  if (typeof body !== 'string') return { content: { [JSON_TYPE]: { schema: reference(body, schemas) }, ...more } }
  return {
    content: { [body]: body === JSON_TYPE ? {} : { schema: body.startsWith('text/') ? { type: 'string' } : bytes } },
  }
}

/** What every route of its kind may answer, and what it says of itself. */
function failures(route: Route, schemas: Map<string, Json>): Json {
  const codes: ErrorCode[] = [...route.errors, 'INVALID_ARGUMENT', 'PERMISSION_DENIED', 'INTERNAL']
  if (route.access !== 'anyone') codes.push('UNAUTHENTICATED')
  const byStatus = new Map<number, string[]>()
  for (const code of new Set(codes)) byStatus.set(errors[code].http, [...(byStatus.get(errors[code].http) ?? []), code])
  if (route.body) {
    byStatus.set(413, ['TOO_LARGE'])
    byStatus.set(415, ['INVALID_ARGUMENT'])
  }
  const schema = reference(Problem, schemas)
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      { description: names.join(', '), content: { [PROBLEM]: { schema } } },
    ]),
  )
}

function reference(of: AnyDescribed, schemas: Map<string, Json>): Json {
  if (!schemas.has(of.name)) schemas.set(of.name, { description: of.doc, ...schemaOf(of.type) })
  return { $ref: `#/components/schemas/${of.name}` }
}

/** Objects and lists by their fields, so that each has its words; everything else as valibot checks it. */
function schemaOf(type: AnyType): Json {
  if (type.fields) {
    const fields = Object.entries(type.fields)
    const required = fields.filter(([, field]) => !field.optional).map(([name]) => name)
    return {
      type: 'object',
      properties: Object.fromEntries(
        fields.map(([name, field]) => [name, { ...schemaOf(field.type), description: field.doc }]),
      ),
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    }
  }
  if (type.element) return { type: 'array', items: schemaOf(type.element) }
  return leaf(type.check)
}

function leaf(check: GenericSchema): Json {
  // Bounds in bytes have no word in JSON Schema.
  const { $schema: _, ...schema } = toJsonSchema(check, { errorMode: 'ignore', target: 'draft-2020-12' })
  return schema
}
