import { deviceKinds } from '../bus.ts'
import { accesses, pinDirections } from '../capabilities.ts'
import { edges, triggers } from '../documents/desired-list.ts'
import { errors } from '../errors.ts'
import { formats } from '../fields.ts'
import { goneReasons } from '../messages/gone.ts'
import { logStreams } from '../messages/log.ts'
import { attemptPhases } from '../messages/started.ts'
import { instanceStates } from '../proplet.ts'
import { type AnyMessage, type Field, type Fields, type FieldType, numbered, UNKNOWN_KEYS } from '../schema.ts'
import { outcomes } from '../task.ts'
import { PROTOCOL, topics } from '../topics.ts'
import { byKey, structsOf } from './tables.ts'

/** Messages and topics of a proplet as C: structs, a table of their fields, a table of topics. */

const HEADER =
  '/* SPDX-License-Identifier: Apache-2.0 */\n/* Derived from shared by `npm run derive`. Do not edit. */\n'

/** Lists that a microcontroller has no room for in their whole length. */
const narrowed: Readonly<Record<string, string>> = {
  'hello.devices': 'CONFIG_SAMARA_DEVICES',
  'device-report.places': 'CONFIG_SAMARA_ADDRESSES_MAX',
  'device-report.addresses': 'CONFIG_SAMARA_ADDRESSES_MAX',
}

type Enumeration = { readonly name: string; readonly prefix: string; readonly names: readonly string[] }
const enumerations: readonly Enumeration[] = [
  { name: 'error_code', prefix: '', names: Object.keys(errors) },
  { name: 'outcome', prefix: 'OUTCOME_', names: outcomes },
  { name: 'phase', prefix: 'PHASE_', names: attemptPhases },
  { name: 'gone_reason', prefix: 'GONE_', names: goneReasons },
  { name: 'log_stream', prefix: 'STREAM_', names: logStreams },
  { name: 'format', prefix: 'FORMAT_', names: formats },
  { name: 'device_kind', prefix: 'DEVICE_', names: deviceKinds },
  { name: 'access', prefix: 'ACCESS_', names: accesses },
  { name: 'pin_direction', prefix: 'PIN_', names: pinDirections },
  { name: 'instance_state', prefix: 'INSTANCE_', names: instanceStates },
  { name: 'trigger', prefix: 'TRIGGER_', names: triggers },
  { name: 'edge', prefix: 'EDGE_', names: edges },
]

const ofProplets = Object.entries(topics).filter(([, topic]) => topic.template.startsWith('p/'))

function messagesOfProplets(): readonly AnyMessage[] {
  return [...new Map(ofProplets.map(([, { carries }]) => [carries.name, carries as AnyMessage])).values()]
}

/** Embedded ones first, each once. */
function structs(): ReadonlyMap<string, Fields> {
  const all = new Map<string, Fields>()
  for (const message of messagesOfProplets()) {
    for (const [name, fields] of structsOf(message.fields)) if (!all.has(name)) all.set(name, fields)
    all.set(message.name, message.fields)
  }
  return all
}

const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll('-', '_')
const upper = (name: string): string => (name === name.toUpperCase() ? name : snake(name).toUpperCase())

/** What a field is in C: how it is declared, and how the table says so. */
type Shape = {
  readonly kind: 'UINT' | 'BOOL' | 'ENUM' | 'TEXT' | 'BYTES' | 'STRUCT' | 'LIST' | 'LABELS'
  readonly type: string
  readonly min: number
  readonly max: string
  /** Of a struct its name; of a list what it holds. */
  readonly inner?: string
  readonly element?: Shape
}

// biome-ignore lint/suspicious/noExplicitAny: a field of any type
function shapeOf(where: string, type: FieldType<any>): Shape {
  const { cddl } = type
  if (type.element) {
    const element = shapeOf(where, type.element)
    const bound = /^\[0\*(\d+) /.exec(cddl)?.[1] ?? '0'
    return { kind: 'LIST', type: element.type, min: 0, max: narrowed[where] ?? bound, element }
  }
  if (type.fields) return { kind: 'STRUCT', type: `struct codec_${snake(cddl)}`, min: 0, max: '0', inner: cddl }
  if (cddl === 'bool') return { kind: 'BOOL', type: 'bool', min: 0, max: '1' }
  const uint = /^uint \.size (\d)$/.exec(cddl)
  if (uint)
    return { kind: 'UINT', type: `uint${Number(uint[1]) * 8}_t`, min: 0, max: `${2 ** (Number(uint[1]) * 8) - 1}` }
  if (cddl.startsWith('0..')) return { kind: 'UINT', type: 'uint64_t', min: 0, max: '0' }
  const sized = /^([tb])str \.size (?:\((\d+)\.\.(\d+)\)|(\d+))$/.exec(cddl)
  if (sized) {
    const [, letter, least, most, exact] = sized
    const kind = letter === 't' ? 'TEXT' : 'BYTES'
    return { kind, type: 'struct codec_span', min: Number(least ?? exact), max: `${most ?? exact}` }
  }
  if (cddl.startsWith('{0*'))
    return { kind: 'LABELS', type: 'struct codec_label', min: 0, max: /\d+/.exec(cddl.slice(2))?.[0] ?? '0' }
  return enumShape(where, type)
}

// biome-ignore lint/suspicious/noExplicitAny: a field of any type
function enumShape(where: string, { words, cddl }: FieldType<any>): Shape {
  const found = enumerations.find(({ names }) => numbered(names).words === words)
  if (!found) throw new Error(`${where}: ${cddl} has no C form; add its names to shared/derive/firmware.ts`)
  return { kind: 'ENUM', type: `enum codec_${found.name}`, min: 1, max: `${found.names.length}` }
}

const shaped = (name: string, fields: Fields): (readonly [string, Field<unknown>, Shape])[] =>
  byKey(fields).map(([label, row]) => [snake(label), row, shapeOf(`${name}.${label}`, row.type)])

/** Absent spans have no data, absent lists no elements. */
const needsFlag = ({ optional }: Field<unknown>, { kind }: Shape): boolean =>
  optional && kind !== 'TEXT' && kind !== 'BYTES' && kind !== 'LIST' && kind !== 'LABELS'
const isMany = ({ kind }: Shape): boolean => kind === 'LIST' || kind === 'LABELS'

export function messagesHeader(): string {
  const parts = [
    `${HEADER}
/**
 * @file
 * @brief What goes between manager and proplet, decoded. Spans are views into the bytes that were decoded.
 */

#ifndef SAMARA_CODEC_MESSAGES_H_
#define SAMARA_CODEC_MESSAGES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/error.h"
#include "codec/problem.h"
#include "codec/span.h"`,
    ...enumerations.filter(({ name }) => name !== 'error_code' && name !== 'outcome').map(enumText),
    ...[...structs()].map(([name, fields]) => structText(name, fields)),
    ...messagesOfProplets().map(({ name }) => prototypes(name)),
    '#endif /* SAMARA_CODEC_MESSAGES_H_ */\n',
  ]
  return parts.join('\n\n')
}

export function errorCodes(): string {
  const all = enumerations.find(({ name }) => name === 'error_code') as Enumeration
  const outcome = enumerations.find(({ name }) => name === 'outcome') as Enumeration
  const list = ({ names }: Enumeration) => names.map((name) => `\tX(${upper(name)}, "${name}")`).join(' \\\n')
  return `${HEADER}
#define CODEC_ERROR_CODES(X) \\
${list(all)}

#define CODEC_OUTCOMES(X) \\
${list(outcome)}
`
}

function enumText({ name, prefix, names }: Enumeration): string {
  const rows = names.map((one, index) => `\tCODEC_${prefix}${upper(one)}${index === 0 ? ' = 1' : ''},`)
  return [`enum codec_${name} {`, ...rows, '};'].join('\n')
}

function structText(name: string, fields: Fields): string {
  const rows = shaped(name, fields).flatMap(([label, row, shape]) => [
    ...(needsFlag(row, shape) ? [`\tbool has_${label};`] : []),
    ...(isMany(shape) ? [`\tsize_t ${label}_count;`] : []),
    `\t${shape.type} ${label}${isMany(shape) ? `[${shape.max}]` : ''};`,
  ])
  return [`struct codec_${snake(name)} {`, ...rows, '};'].join('\n')
}

const prototypes = (name: string): string =>
  `int codec_decode_${snake(name)}(const uint8_t *data, size_t len, struct codec_${snake(name)} *message);
int codec_encode_${snake(name)}(uint8_t *data, size_t size, const struct codec_${snake(name)} *message);`

export function messagesTable(): string {
  const all = [...structs()]
  return [
    `${HEADER}
#include "codec/table.h"`,
    ...all.map(([name, fields]) => tableText(name, fields)),
    ...messagesOfProplets().map(({ name }) => functions(name)),
    '',
  ].join('\n\n')
}

function tableText(name: string, fields: Fields): string {
  const c = `struct codec_${snake(name)}`
  const rows = shaped(name, fields)
  const elements = rows.flatMap(([label, , shape]) =>
    shape.element
      ? [`static const struct codec_row ${snake(name)}_${label} = {\n${rowText(shape.element, '0', '0')}};\n`]
      : [],
  )
  const lines = rows.map(([label, row, shape]) => {
    const has = needsFlag(row, shape)
      ? `offsetof(${c}, has_${label})`
      : isMany(shape)
        ? `offsetof(${c}, ${label}_count)`
        : '0'
    const element = shape.element ? `\n\t\t.element = &${snake(name)}_${label},` : ''
    const stride = isMany(shape) ? `\n\t\t.stride = sizeof(${shape.type}),` : ''
    const optional = row.optional ? '\n\t\t.optional = true,' : ''
    return `\t{\n\t\t.key = ${row.key},\n\t\t.name = "${labelOf(fields, row)}",${optional}${element}${stride}\n${rowText(shape, `offsetof(${c}, ${label})`, has)}\t},`
  })
  return `${elements.join('\n')}${elements.length ? '\n' : ''}static const struct codec_row ${snake(name)}_rows[] = {\n${lines.join('\n')}\n};\n\nstatic const struct codec_struct ${snake(name)}_struct = {"${name}", ${snake(name)}_rows, ${lines.length}, sizeof(${c})};`
}

const labelOf = (fields: Fields, row: Field<unknown>): string =>
  Object.entries(fields).find(([, one]) => one === row)?.[0] ?? ''

function rowText({ kind, min, max, inner, type }: Shape, offset: string, has: string): string {
  const size = kind === 'UINT' ? `\t\t.size = sizeof(${type}),\n` : ''
  const bound = max === '0' ? '' : `\t\t.max = ${/^\d+$/.test(max) ? `${max}u` : max},\n`
  const least = min > 0 ? `\t\t.min = ${min},\n` : ''
  const sub = inner === undefined ? '' : `\t\t.inner = &${snake(inner)}_struct,\n`
  const at = offset === '0' ? '' : `\t\t.offset = ${offset},\n`
  const flag = has === '0' ? '' : `\t\t.has = ${has},\n`
  return `\t\t.kind = CODEC_ROW_${kind},\n${size}${least}${bound}${sub}${at}${flag}`
}

const functions = (name: string): string => {
  const c = snake(name)
  return `int codec_decode_${c}(const uint8_t *data, size_t len, struct codec_${c} *message)
{
	return codec_decode(&${c}_struct, data, len, message);
}

int codec_encode_${c}(uint8_t *data, size_t size, const struct codec_${c} *message)
{
	return codec_encode(&${c}_struct, data, size, message);
}`
}

export function topicsHeader(): string {
  const rows = ofProplets.map(([name, topic]) => {
    const level = topic.template.split('/')[2] ?? ''
    const flags = [topic.qos, topic.retain ? 1 : 0, topic.from === 'manager' ? 1 : 0].join(', ')
    return `\tX(${upper(name)}, "${level}", ${flags})`
  })
  return `${HEADER}
/** @file @brief Topics below \`samara/${PROTOCOL}/{namespace}/p/{proplet}/\`: name, level, QoS, retained, from the manager. */

#ifndef SAMARA_CODEC_TOPIC_TABLE_H_
#define SAMARA_CODEC_TOPIC_TABLE_H_

#define CODEC_PROTOCOL ${PROTOCOL}
#define CODEC_UNKNOWN_KEYS ${UNKNOWN_KEYS}

#define CODEC_TOPICS(X) \\
${rows.join(' \\\n')}

#endif /* SAMARA_CODEC_TOPIC_TABLE_H_ */
`
}
