import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInspector } from '../../../manager/modules/inspector.ts'
import { encodeItem, type Item } from '../../../shared/cbor.ts'
import { realClock } from '../../../shared/clock.ts'

const root = join(import.meta.dirname, '../../..')

/** What is called of an image, as the programs of firmware/posix/bench take it. */
export type Call = { readonly export: string; readonly signature: string; readonly args: readonly Item[] }
export type Image = { readonly path: string; words(name: string, args?: readonly Item[]): string[] }

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
