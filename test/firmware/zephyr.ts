import { join } from 'node:path'
import type { Program } from '../support/processes.ts'
import type { AgentOptions } from './agent.ts'
import { type Toolchain, zephyrBase, zephyrBuild } from './zephyr-build.ts'
import { nativeSim } from './zephyr-native.ts'
import { mps2 } from './zephyr-qemu.ts'

/** The C agent as a Zephyr application, for whoever has a Zephyr workspace: no package registry carries one. */

export const noZephyr = zephyrBase() === undefined
if (noZephyr) console.warn('skipped: the C agent on Zephyr, for which there is no workspace (ZEPHYR_BASE) here')

export type ZephyrOptions = AgentOptions & {
  /** It is told over its serial line what it needs; else by what the board has for that. @default false */
  readonly isToldByShell?: boolean
  /** Settings in PEM, which it is told over its serial line before it starts for the first time. */
  readonly pems?: Readonly<Record<string, string>>
}

/** An agent whose serial line is at hand. */
export type ZephyrAgent = Program & {
  /** Types a command of the shell, and answers with its lines; the last one begins with `ok` or `error`. */
  ask(command: string): Promise<readonly string[]>
  /** Types a PEM, and answers with that line. */
  askPem(name: string, pem: string): Promise<string>
  /** What a reset line does: memory is new, flash is kept. Resolves when it is online again. */
  reset(): Promise<void>
  /** Its serial line: a device of this machine, or a socket. */
  line(): Promise<string>
}

/** A board that is simulated or emulated here. */
export type ZephyrBoard = {
  readonly name: string
  readonly target: string
  /** This machine's loopback, as the board has it. */
  readonly host: string
  /** Arguments with which a minute of the board takes seconds of ours, where it has such. */
  readonly hastened: readonly string[]
  readonly toolchain: Toolchain
  /** A network stack of Zephyr's; else the sockets of this machine. */
  readonly hasNetwork: boolean
  /** Programs that are missing here, in words. */
  missing(): string | undefined
  /** An agent with this image; nothing runs yet. */
  agent(folder: string, options: ZephyrOptions): ZephyrAgent
}

const all: readonly ZephyrBoard[] = [nativeSim, mps2]

function isHere(board: ZephyrBoard): boolean {
  const missing = board.missing()
  if (missing) console.warn(`skipped: the C agent on ${board.target}, for which ${missing} is missing here`)
  return !missing
}

/** Boards that can be run here; without a workspace those that could. */
export const boards: readonly ZephyrBoard[] = noZephyr ? all : all.filter(isHere)

/** Longer than a build takes on a slow machine, C library and all. */
export const ZEPHYR_BUILD_MS = 1_800_000
/** Longer than anything takes that does not hang. */
export const ZEPHYR_TEST_MS = 180_000

const firmware = new URL('../../firmware', import.meta.url).pathname

/** Devices that an image has: folders and files of firmware/tests/zephyr. The second has its address by DHCP too. */
export type Devices = 'cell' | 'conformance'

async function build({ name, target, toolchain, hasNetwork }: ZephyrBoard, devices: Devices): Promise<string> {
  const place = join(firmware, 'tests/zephyr')
  const overlays = [`${place}/buses_${name}.overlay`, `${place}/${devices}.overlay`].join(';')
  const names = hasNetwork && devices === 'conformance' ? [devices, 'dhcp'] : [devices]
  const confs = names.map((one) => `${place}/${one}.conf`).join(';')
  const settings = [`-DEXTRA_DTC_OVERLAY_FILE=${overlays}`, `-DEXTRA_CONF_FILE=${confs}`]
  return join(await zephyrBuild(`${name}-${devices}`, { source: firmware, target, settings, toolchain }), 'zephyr')
}

const made = new Map<string, Promise<string>>()

/** The folder of an image: made anew where sources have changed. */
export function imageOf(board: ZephyrBoard, devices: Devices = 'cell'): Promise<string> {
  const key = `${board.name} ${devices}`
  const image = made.get(key) ?? build(board, devices)
  made.set(key, image)
  return image
}

/** What makes agents of a board, for a fleet or a cell. */
export const agentOf =
  (board: ZephyrBoard, devices?: Devices) =>
  async (options: ZephyrOptions): Promise<ZephyrAgent> =>
    board.agent(await imageOf(board, devices), options)
