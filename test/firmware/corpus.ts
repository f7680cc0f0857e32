import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomModule } from './differential/core-modules.ts'
import { seeded } from './differential/random.ts'

/** Where the fuzzers begin: what is well formed, made of the vectors, the examples and the generator of modules. */

const root = new URL('../../', import.meta.url)
const read = (name: string) => JSON.parse(readFileSync(new URL(`shared/vectors/${name}.json`, root), 'utf8'))
const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex')

const LONGEST = 8_192
const MODULES = 40
const LINEAR_MEMORY = 64

const messages = (): Buffer[] =>
  [...read('messages'), ...read('hostile')].map(({ hex }: { readonly hex: string }) => fromHex(hex))

function modules(): Buffer[] {
  const random = seeded(11)
  const examples = readdirSync(new URL('examples', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.wasm'))
    .map((name) => readFileSync(new URL(`examples/${name}`, root)))
    .filter(({ length }) => length <= LONGEST)
  return [...examples, ...Array.from({ length: MODULES }, () => Buffer.from(randomModule(random).bytes))]
}

/** A function that takes and gives a value of a vector, with that value: as fuzz_lift.c has it. */
function lifts(): Buffer[] {
  const { vectors } = read('values') as { vectors: { readonly type: string; readonly cbor: string }[] }
  const short = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length]), bytes])
  return vectors
    .map(({ type, cbor }) => ({
      signature: Buffer.from(`func(a:${type})->${type}`),
      args: Buffer.concat([Buffer.from([0x81]), fromHex(cbor)]),
    }))
    .filter(({ signature, args }) => signature.length < 256 && args.length < 256)
    .map(({ signature, args }) => Buffer.concat([short(signature), short(args), Buffer.alloc(8 + LINEAR_MEMORY)]))
}

/** Both geometries, empty and with a life behind them, and a piece that lands in each block: as fuzz_store.c has it. */
const flashes = (): Buffer[] =>
  [0, 1, 2, 3].flatMap((head) =>
    [0, 64, 128, 256].map((place) => Buffer.from([head, place >> 8, place, 3, 1, 2, 3, 4])),
  )

const seeds = { codec: messages, module: modules, lift: lifts, store: flashes } as const
export type Fuzzer = keyof typeof seeds

/** A folder that a fuzzer begins with. */
export function corpus(fuzzer: Fuzzer, dir: string): string {
  const folder = join(dir, fuzzer)
  mkdirSync(folder)
  for (const [index, bytes] of seeds[fuzzer]().entries()) writeFileSync(join(folder, `${index}`), bytes)
  return folder
}
