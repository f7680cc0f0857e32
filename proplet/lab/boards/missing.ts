import { accessSync, constants, existsSync } from 'node:fs'
import type { BoardSpec } from './board-spec.ts'
import { findProgram } from './program.ts'

/** What has to be on the machine before a board can run, and how to get it. */

const targets = { native_sim: 'native_sim/native/64', qemu: 'mps2/an385', renode: 'nucleo_h753zi' } as const

const sources: Readonly<Record<string, string>> = {
  renode: 'https://github.com/renode/renode/releases has it for Linux',
  'qemu-system-arm': 'on Debian: apt-get install qemu-system-arm',
  unshare: 'on Debian: apt-get install util-linux',
  ip: 'on Debian: apt-get install iproute2',
}

const TUN = '/dev/net/tun'

/** One line; undefined where nothing is missing. */
export function missingFor(spec: BoardSpec): string | undefined {
  const { name, kind, image, program, script, network } = spec
  const wanted = kind === 'renode' ? [program, 'unshare', 'ip'] : kind === 'qemu' ? [program] : []
  const lacking = wanted.find((one) => findProgram(one) === undefined)
  if (lacking) return `board ${name}: ${lacking} is not installed: ${sourceOf(lacking)}`
  if (!existsSync(image))
    return `board ${name}: image ${image} is not there: west build -b ${targets[kind]} makes one, firmware/README.md says how`
  if (kind === 'native_sim' && findProgram(image) === undefined)
    return `board ${name}: image ${image} is no program: zephyr.exe of ${targets.native_sim} expected`
  if (script !== '' && !existsSync(script)) return `board ${name}: script ${script} is not there`
  if (kind === 'renode' && network === 'tap' && !isWritable(TUN))
    return `board ${name}: ${TUN} cannot be opened: modprobe tun, or network: none in the lab file`
  return undefined
}

const sourceOf = (program: string): string => sources[program] ?? 'the lab file names another one by `program`'

/** Without it Renode tries for ever. */
function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}
