import { parseSignature } from '../signature.ts'
import { loweredType } from '../wasm/lowering.ts'
import { hostFunctions, interfacesOf, pollFunctions } from '../wit/table.ts'

/** Host functions of a C proplet, and their declarations. */

const HEADER =
  '/* SPDX-License-Identifier: Apache-2.0 */\n/* Derived from shared/wit by `npm run derive`. Do not edit. */\n'
const letters: Readonly<Record<string, string>> = { i32: 'i', i64: 'I', f32: 'f', f64: 'F' }
const METHOD = /^\[method\]([a-z0-9-]+)\./

type Row = {
  readonly module: string
  readonly name: string
  readonly type: string
  readonly fn: string
}

const c = (text: string): string => text.replace(METHOD, '$1_').replaceAll(/[^a-z0-9]+/g, '_')

function rows(): readonly Row[] {
  const offered = new Set(interfacesOf('c'))
  const offeredHere = hostFunctions.filter(({ module, shape }) => offered.has(module) && shape !== 'gpio-2025')
  const own = [...offeredHere, ...pollFunctions]
  const methods = own.map(({ module, version, name, signature }): Row => {
    const { params, results } = loweredType(parseSignature(signature))
    const type = `(${params.map((one) => letters[one] ?? '?').join('')})${results.map((one) => letters[one] ?? '?').join('')}`
    return { module: versioned(module, version), name, type, fn: fnOf(module, name) }
  })
  const resources = new Map(
    own.flatMap(({ module, version, name }) => {
      const [, resource] = METHOD.exec(name) ?? []
      return resource ? [[`${module} ${resource}`, { module, version, resource }] as const] : []
    }),
  )
  const drops = [...resources.values()].map(
    ({ module, version, resource }): Row => ({
      module: versioned(module, version),
      name: `[resource-drop]${resource}`,
      type: '(i)',
      fn: fnOf(module, `${resource}-drop`),
    }),
  )
  return [...methods, ...drops]
}

const versioned = (module: string, version: string): string => (version === '' ? module : `${module}@${version}`)
const fnOf = (module: string, name: string): string => `host_${c(module.split('/')[1] ?? '')}_${c(name)}`

export function hostFunctionsHeader(): string {
  const all = rows()
  const table = all.map(({ module, name, type, fn }) => `\tX("${module}", "${name}", "${type}", ${fn})`)
  const declarations = all.map(({ fn }) => `void ${fn}(struct runtime_guest *guest, uint64_t *args);`)
  return `${HEADER}
#ifndef SAMARA_HAL_HOST_FUNCTIONS_H_
#define SAMARA_HAL_HOST_FUNCTIONS_H_

#include "runtime/runtime.h"

${declarations.join('\n')}

#define HAL_HOST_FUNCTIONS(X) \\
${table.join(' \\\n')}

#define HAL_INTERFACES(X) \\
${interfacesOf('c')
  .map((one) => `\tX("${one}")`)
  .join(' \\\n')}

#endif /* SAMARA_HAL_HOST_FUNCTIONS_H_ */
`
}
