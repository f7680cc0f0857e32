import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { buildGuest, type Guest, outputName } from '../build/guest.ts'
import { type Measures, measure } from '../build/measure.ts'
import { CompileError, type Toolbox } from '../build/toolchain.ts'
import { cacheFolder } from '../cache.ts'
import { act, describe, type Host } from '../command.ts'
import { size } from '../format.ts'
import type { Session } from '../session.ts'
import { manyLines } from '../text.ts'

type Flags = {
  readonly out?: string
  readonly wit?: string
  readonly world?: string
  readonly devices?: string
  readonly component?: boolean
}

export function build(parent: Command, host: Host): void {
  const command = describe(parent, 'build <source>', {
    summary: 'make a module of C, AssemblyScript, JavaScript or Rust',
    more:
      'sensor.c, sensor.ts (AssemblyScript) and sensor.js take their world from sensor.wit and the devices they ask for from ' +
      'sensor.devices.json; a Rust crate has wit/ and devices.json. Compilers come from npm at their first use and stay in ' +
      'SAMARA_CACHE (default: ~/.cache/samara); Rust is taken from the machine. examples/sdk has a guide for each language.',
    examples: [
      ['samara build sensor.c', 'writes sensor.wasm'],
      ['samara build examples/thermostat --out thermostat.wasm', 'a Rust crate'],
      ['samara build sensor.ts --wit line.wit --world sensor', 'a world of another file'],
    ],
  })
    .option('--out <file>', 'where to write it (default: the name of the source, in this folder)')
    .option('--wit <file>', 'WIT file with its world')
    .option('--world <name>', 'world, where the WIT file has several')
    .option('--devices <file>', 'JSON file with the devices it asks for')
    .option('--component', 'make a component, which runs on Linux alone')
  act<[string], Flags>(command, host, async (session, { out, ...flags }, source) => {
    const guest = await buildGuest({ source, ...flags }, toolbox(session)).catch((error: unknown) => {
      if (error instanceof CompileError) session.io.err.write(manyLines(error.output))
      throw error
    })
    const file = out ?? outputName(source)
    writeFileSync(file, guest.bytes)
    const made = { file, ...described(guest) }
    session.show(made, () => text(session, made))
  })
}

const toolbox = ({ io, note }: Session): Toolbox => ({
  cacheDir: cacheFolder(io.env),
  env: io.env,
  note,
})

const described = ({ bytes, language, devices }: Guest) => ({ language, ...measure(bytes), devices })

type Made = { readonly file: string } & ReturnType<typeof described>

const text = (session: Session, made: Made): string =>
  session.details([
    ['file', made.file],
    ['language', made.language],
    ['kind', made.kind],
    ['module', moduleText(made)],
    ['memory', memoryText(made)],
    ['imports', made.imports.join(', ') || undefined],
    ['devices', made.devices.map(({ device, access }) => `${device} (${access})`).join(', ') || undefined],
    ['next', `samara inspect ${made.file}`],
  ])

const moduleText = ({ sizeBytes, smallBytes }: Measures): string | undefined =>
  smallBytes === undefined ? size(sizeBytes) : `${size(sizeBytes)}; ${size(smallBytes)} on a microcontroller`

function memoryText({ kind, memory }: Measures): string | undefined {
  if (kind === 'component') return 'Linux proplets only'
  if (!memory) return 'none'
  const { pagesBytes, dataBytes, stackBytes, kept } = memory
  if (dataBytes === undefined) return `${size(pagesBytes)}${kept ? `; ${kept}` : ''}`
  const stack = stackBytes === undefined ? '' : `, ${size(stackBytes)} of it stack`
  return `${size(dataBytes)} on a microcontroller${stack}; ${size(pagesBytes)} on Linux`
}
