import { spawnSync } from 'node:child_process'
import { accessSync, constants, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fakeRenode, nodeProgram } from '../../../support/renode/program.ts'

export const renodeFolder = resolve(import.meta.dirname, '../../../../firmware/renode')

/** Whether this machine lets us have a network namespace. */
export const noNamespace =
  spawnSync('unshare', [...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']), '--net', 'ip', 'link'])
    .status !== 0
if (noNamespace)
  console.warn('skipped: boards in Renode, for which this machine gives no network namespace (unshare, ip)')

export const noTap = noNamespace || !isWritable('/dev/net/tun')

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

const ELF = Buffer.from('\u007fELF nothing else')

/** The lab of firmware/renode with a program in the place of Renode, and a file in that of the image. */
export function renodeLab(
  dir: string,
  { args = [], more = 'network: none' }: { args?: string[]; more?: string } = {},
): string {
  writeFileSync(join(dir, 'zephyr.elf'), ELF)
  return `
name: nucleo
boards:
  mcu-1:
    kind: renode
    program: ${fakeRenode(dir)}
    image: ${join(dir, 'zephyr.elf')}
    script: ${join(renodeFolder, 'nucleo_h753zi.resc')}
    args: ${JSON.stringify(args)}
    ${more}
    parts:
      line1-temp: { chip: bme280, at: sysbus.i2c1.bme280, set: { temperature: 22.5, humidity: 45 } }
      cabinet-temp: { chip: lm74, at: sysbus.spi1.lm74, set: { temperature: 31 } }
      estop: { chip: button, at: sysbus.gpioPortC.UserButton1 }
      lamp: { chip: led, at: sysbus.gpioPortB.GreenLED }
      motor-1: { chip: relay, at: sysbus.gpioPortE.YellowLED }
`
}

const serialBoard = new URL('../../../support/renode/serial-main.ts', import.meta.url).pathname

/** A board that has its parts behind its own serial shell: a program in the place of an image, or of QEMU. */
export function serialLab(
  dir: string,
  kind: 'native_sim' | 'qemu',
  args: readonly string[] = [],
  more: readonly string[] = [],
): string {
  const program = nodeProgram(join(dir, 'board'), serialBoard)
  return `
name: sim
boards:
  mcu-1:
    kind: ${kind}
    image: ${program}
    ${kind === 'qemu' ? `program: ${program}` : ''}
    args: ${JSON.stringify(args)}
    ${more.join('\n    ')}
    parts:
      line1-temp: { chip: bme280, set: { temperature: 18.5 } }
      estop: { chip: button }
      lamp: { chip: led }
      motor-1: { chip: relay }
`
}
