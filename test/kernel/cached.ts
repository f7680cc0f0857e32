import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
export const cache = join(root, 'node_modules/.cache/samara/kernel')

/** What of ours a kernel is made of, in the order in which it is hashed. */
export const inputs = ['uml.config', 'labbus/labbus.c', 'labbus/Kconfig'].map((file) => join(import.meta.dirname, file))

export const inputsDigest = (): string => {
  const hash = createHash('sha256')
  for (const file of inputs) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

/** `version` is the source package's; a kernel of another one may serve as long as our inputs are the same. */
export const kernelFolder = (version: string): string => join(cache, `${inputsDigest()}-${version}`)

export function cachedKernel(): string | undefined {
  if (!existsSync(cache)) return undefined
  const digest = inputsDigest()
  const kernels = readdirSync(cache)
    .filter((folder) => folder.startsWith(`${digest}-`))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((folder) => join(cache, folder, 'linux-lab'))
  return kernels.filter((kernel) => existsSync(kernel)).at(-1)
}
