import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { counted, QEMU, TARGET } from '../../firmware/mps2.ts'
import type { Bench, Group } from '../bench.ts'
import { type Image, imageOf } from '../mcu/images.ts'
import { start } from '../processes.ts'
import { type Measured, rate } from '../rows.ts'
import { firmware, imageFor, withZephyr } from './board.ts'

/**
 * Instructions of a Cortex-M3, counted by QEMU: its clock is what instructions take. The loop of the image has two
 * instructions so often; what it takes of the clock is the measure of all others.
 */

const LOOP_INSTRUCTIONS = 2_000_000
/** What the drivers are asked to do alone. */
const TIMES = 1_000
const FEW = 100
const MANY = 1_100
const SENSOR = 'line1-temp'
const ADDRESS = 0x76
const LAMP = 'lamp'

export const instructions: Group = withZephyr({
  ids: ['zephyr.call', 'zephyr.i2c', 'zephyr.gpio', 'floor.zephyr.i2c', 'floor.zephyr.gpio', 'floor.zephyr.loop'],
  async measure(bench) {
    const said = await runCounted(bench)
    const loop = said.get('loop')?.[0] ?? Number.NaN
    const count = (name: string) => ((said.get(name)?.at(-1) ?? Number.NaN) / loop) * LOOP_INSTRUCTIONS
    const each = (name: string) => (count(`${name}-many`) - count(`${name}-few`)) / (MANY - FEW)
    bench.note(`zephyr.call: the clock goes on by ${(loop / LOOP_INSTRUCTIONS).toFixed(4)} in an instruction`)
    const first = ((said.get('add')?.[0] ?? Number.NaN) / loop) * LOOP_INSTRUCTIONS
    bench.note(`zephyr.call: ${first.toFixed(0)} instructions where the module has to be loaded and instantiated`)
    const one = (id: string, value: number): Measured => rate(id, 'instructions', [value])
    return [
      one('zephyr.call', count('add')),
      one('zephyr.i2c', each('read')),
      one('zephyr.gpio', each('toggle')),
      one('floor.zephyr.i2c', count('transfers') / TIMES),
      one('floor.zephyr.gpio', count('switches') / TIMES),
      rate('floor.zephyr.loop', 'ticks per instruction', [loop / LOOP_INSTRUCTIONS]),
    ]
  },
})

/** Ticks by name, each of its runs. */
async function runCounted(bench: Bench): Promise<Map<string, number[]>> {
  const folder = join(bench.dir, 'zephyr-calls')
  await mkdir(folder, { recursive: true })
  const [add, loops] = [
    await imageOf('examples/add/add.wasm', bench.dir),
    await imageOf('test/bench/hardware/loops.wasm', bench.dir),
  ]
  writeFileSync(
    join(folder, 'calls.c'),
    tableOf([
      ['add', add.words('add', [2, 3])],
      ['read-few', loops.words('read-register', [SENSOR, ADDRESS, FEW])],
      ['read-many', loops.words('read-register', [SENSOR, ADDRESS, MANY])],
      ['toggle-few', loops.words('toggle', [LAMP, FEW])],
      ['toggle-many', loops.words('toggle', [LAMP, MANY])],
    ]),
  )
  const tests = join(firmware, 'tests/zephyr')
  const image = await imageFor(TARGET, 'calls', [
    ...[`-DSAMARA_BENCH=${folder}`, `-DEXTRA_CONF_FILE=${tests}/cell.conf`],
    `-DEXTRA_DTC_OVERLAY_FILE=${tests}/buses_mps2_an385.overlay;${tests}/cell.overlay`,
  ])
  const lines: string[] = []
  const emulated = await start(counted(image), /bench ended/, QEMU, (line) => lines.push(line))
  await emulated.stop('SIGKILL')
  const found = new Map<string, number[]>()
  for (const line of lines) {
    const [, name = '', ticks, outcome] = /bench (\S+) (\d+) (\w.*)$/.exec(line.trim()) ?? []
    if (ticks === undefined) continue
    if (!outcome?.startsWith('completed')) throw new Error(`${name}: ${outcome}`)
    found.set(name, [...(found.get(name) ?? []), Number(ticks)])
  }
  return found
}

type Call = readonly [name: string, words: ReturnType<Image['words']>]

/** firmware/tests/zephyr/bench.h, with the bytes of the images. */
function tableOf(calls: readonly Call[]): string {
  const images = calls.map(
    ([, [path]], at) => `__asm__(".pushsection .rodata.image_${at}, \\"a\\"\\n.balign 8\\nimage_${at}:\\n"
	".incbin \\"${path}\\"\\nimage_${at}_end:\\n.popsection\\n");
extern const uint8_t image_${at}[], image_${at}_end[];
static const uint8_t args_${at}[] = {${bytesOf(calls[at]?.[1][3] ?? '')}};
`,
  )
  const rows = calls.map(
    ([name, [, exported, signature]], at) =>
      `	{"${name}", image_${at}, image_${at}_end, "${exported}", "${signature}", args_${at}, sizeof(args_${at})},\n`,
  )
  return `#include "bench.h"
${images.join('')}const struct bench_call bench_calls[] = {
${rows.join('')}};
const size_t bench_calls_count = ${calls.length};
`
}

const bytesOf = (hex: string): string => [...Buffer.from(hex, 'hex')].join(', ')
