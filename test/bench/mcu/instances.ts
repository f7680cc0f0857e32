import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Group } from '../bench.ts'
import { rate } from '../rows.ts'
import { armTools, built, withTools } from './builds.ts'
import { type Image, imageOf, inWholePages } from './images.ts'

/**
 * What instances of the thermostat take of 192 KiB, on 32-bit ARM; each is kept after a call. The floor is the same module
 * as WAMR has to take one that does not say how little memory it needs.
 */
export const instances: Group = withTools(armTools, {
  ids: ['mcu.instances', 'mcu.instance', 'floor.mcu.instances', 'floor.mcu.instance', 'mcu.stack'],
  async measure(bench) {
    const thermostat = await imageOf('examples/thermostat/thermostat.wasm', bench.dir)
    const recursive = await imageOf('examples/hostile/deep-recursion.wasm', bench.dir)
    const arm = join(await built('arm', bench), 'bench')
    const fast = join(await built('arm-fast', bench), 'bench')
    const classic = countedBy(arm, thermostat)
    const other = countedBy(fast, thermostat)
    const whole = countedBy(arm, await inWholePages(thermostat))
    bench.note(`mcu.instances: classic interpreter: ${said(classic)}`)
    bench.note(`mcu.instances: fast interpreter: ${said(other)}`)
    const depths = [thermostat.words('measure'), recursive.words('run')].map((words) => depthOf(arm, words))
    const own = join(await built('release', bench), 'bench')
    const here = [thermostat.words('measure'), recursive.words('run')].map((words) => depthOf(own, words, []))
    bench.note(`mcu.stack: the thermostat and an endless recursion: ${depths.join(' and ')} bytes`)
    bench.note(`mcu.stack: as compiled for ${process.arch}: ${here.join(' and ')} bytes`)
    return [
      rate('mcu.instances', 'instances', [classic.instances]),
      rate('mcu.instance', 'bytes', [classic.instanceBytes]),
      rate('floor.mcu.instances', 'instances', [whole.instances]),
      rate('floor.mcu.instance', 'bytes', [whole.instanceBytes]),
      rate('mcu.stack', 'bytes', [Math.max(...depths)]),
    ]
  },
})

type Counted = {
  readonly instances: number
  readonly instanceBytes: number
  readonly moduleBytes: number
  readonly image: number
  readonly memory: number
}

const QEMU = ['qemu-arm-static']

const run = (program: string, words: readonly string[], [command, ...more]: readonly string[] = QEMU): string =>
  execFileSync(command ?? program, [...more, ...(command === undefined ? [] : [program]), ...words], {
    encoding: 'utf8',
  })

const countedBy = (folder: string, image: Image): Counted =>
  JSON.parse(run(join(folder, 'instances'), image.words('measure'))) as Counted

const said = ({ instances: count, instanceBytes, moduleBytes, image, memory }: Counted): string =>
  `${count} instances of ${instanceBytes} bytes, of which ${memory} are linear memory; the module takes ${moduleBytes} of which its image has ${image}`

/** Bytes of a thread's stack that a call has used, loading and instantiation included. */
const depthOf = (folder: string, words: readonly string[], emulator = QEMU): number =>
  (JSON.parse(run(join(folder, 'stack'), words, emulator)) as { call: number }).call
