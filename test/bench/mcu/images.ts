import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInspector } from '../../../manager/modules/inspector.ts'
import { encodeItem, type Item } from '../../../shared/cbor.ts'
import { realClock } from '../../../shared/clock.ts'

const root = join(import.meta.dirname, '../../..')

export type Image = {
  readonly path: string
  /** A call of an export, as the programs of firmware/posix/bench take it. */
  words(name: string, args?: readonly Item[]): string[]
}

/**
 * The same image, with other names for the exports that say where its data ends and its heap begins: whoever loads it has
 * to give it whole pages.
 */
export async function inWholePages({ path, words }: Image): Promise<Image> {
  const text = (await readFile(path))
    .toString('latin1')
    .replace('__heap_base', '__heap_bass')
    .replace('__data_end', '__data_enx')
  const other = `${path}.pages`
  await writeFile(other, text, 'latin1')
  return { path: other, words: (...call) => [other, ...words(...call).slice(1)] }
}

/** Writes the image of a module that the manager would send to a C agent. `file` is relative to the repository. */
export async function imageOf(file: string, dir: string): Promise<Image> {
  const artefact = await readFile(join(root, file))
  const inspector = createInspector({ clock: realClock })
  const { manifest, images } = await inspector.inspect(artefact).finally(() => inspector.close())
  const image = manifest.images.find(({ format }) => format === 'lowered-core')
  if (!image) throw new Error(`${file} has no image for a C agent`)
  const path = join(dir, basename(file))
  // An image that is the artefact itself is not made again.
  await writeFile(path, images.get(image.digest) ?? artefact)
  return {
    path,
    words(name, args = []) {
      const signature = manifest.exports.find((one) => one.name === name)?.signature
      if (signature === undefined) throw new Error(`${file} does not export ${name}`)
      return [path, name, signature, Buffer.from(encodeItem([...args])).toString('hex')]
    },
  }
}
