import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SamaraError, show } from '../../shared/errors.ts'
import { MAX_PROPERTIES, propertyName, propertyValue } from '../../shared/lab/index.ts'
import { parse } from '../../shared/schema.ts'
import type { Part } from './part.ts'

const chips = join(import.meta.dirname, 'chips')
const extension = extname(import.meta.filename)

/** Chips that come with Samara. */
export const knownChips = (): readonly string[] =>
  existsSync(chips)
    ? readdirSync(chips)
        .filter((file) => file.endsWith(extension) && isPart(join(chips, file)))
        .map((file) => file.slice(0, -extension.length))
        .sort()
    : []

/** Chips share files among them, which are no parts. */
const isPart = (path: string): boolean => readFileSync(path, 'utf8').includes('export default')

/** A chip by its name, or by a path that begins with `.` or `/` and is relative to the lab file. */
export async function loadPart(chip: string, labFile: string, where: string): Promise<Part> {
  const isOwn = /^\.{0,2}\//.test(chip)
  if (!isOwn && !(/^[a-z0-9-]+$/.test(chip) && existsSync(join(chips, `${chip}${extension}`))))
    throw new SamaraError(
      'INVALID_ARGUMENT',
      `${labFile}: ${where}: ${show(chip)} is no chip; known are ${knownChips().join(', ')}, and ./file.ts of your own`,
      { field: where },
    )
  const path = isOwn ? resolve(dirname(labFile), chip) : join(chips, `${chip}${extension}`)
  return checkPart(await importPart(path, labFile, where), labFile, where)
}

async function importPart(path: string, labFile: string, where: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown }
    return module.default
  } catch (error) {
    throw new SamaraError(
      'INVALID_ARGUMENT',
      `${labFile}: ${where}: ${path} cannot be loaded: ${(error as Error).message}`,
      {
        field: where,
        cause: error,
      },
    )
  }
}

/** Files of users are not compiled with us: what they export is looked at before it is trusted. */
function checkPart(given: unknown, labFile: string, where: string): Part {
  const refuse = (why: string) =>
    new SamaraError('INVALID_ARGUMENT', `${labFile}: ${where}: ${why}`, { field: where, expected: 'definePart(...)' })
  if (typeof given !== 'object' || given === null)
    throw refuse('the file has no default export, definePart(...) expected')
  const { name, properties, create } = given as Partial<Part>
  if (typeof name !== 'string' || name.length > 48) throw refuse(`name: ${show(name)} is not a text of at most 48`)
  if (typeof create !== 'function') throw refuse(`create: ${show(create)} is not a function`)
  if (typeof properties !== 'object' || properties === null)
    throw refuse(`properties: ${show(properties)} is not an object`)
  if (Object.keys(properties).length > MAX_PROPERTIES) throw refuse(`properties: more than ${MAX_PROPERTIES}`)
  for (const [property, described] of Object.entries(properties)) {
    parse(`${labFile}: ${where}: property`, propertyName, property)
    parse(`${labFile}: ${where}: properties.${property}.initial`, propertyValue, described?.initial)
  }
  return given as Part
}
