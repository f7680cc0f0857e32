import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'

const CONFIGFS = '/sys/kernel/config/gpio-sim'

/** A chip of the kernel's gpio-sim: its lines are pulled and looked at through files. */
export type SimChip = {
  readonly path: string
  /** From outside. */
  put(line: number, level: boolean): void
  level(line: number): boolean
  remove(): void
}

export function createSimChip(name: string, lines: number, names: Readonly<Record<number, string>> = {}): SimChip {
  const device = `${CONFIGFS}/${name}`
  const bank = `${device}/bank0`
  mkdirSync(bank, { recursive: true })
  writeFileSync(`${bank}/num_lines`, `${lines}`)
  for (const [line, text] of Object.entries(names)) {
    mkdirSync(`${bank}/line${line}`)
    writeFileSync(`${bank}/line${line}/name`, text)
  }
  writeFileSync(`${device}/live`, '1')
  const chip = textOf(`${bank}/chip_name`)
  const lineOf = (line: number) => `/sys/devices/platform/${textOf(`${device}/dev_name`)}/${chip}/sim_gpio${line}`
  return {
    path: `/dev/${chip}`,
    put: (line, level) => writeFileSync(`${lineOf(line)}/pull`, level ? 'pull-up' : 'pull-down'),
    level: (line) => textOf(`${lineOf(line)}/value`) === '1',
    remove() {
      writeFileSync(`${device}/live`, '0')
      for (const folder of readdirSync(bank).filter((entry) => entry.startsWith('line'))) rmdirSync(`${bank}/${folder}`)
      rmdirSync(bank)
      rmdirSync(device)
    },
  }
}

const textOf = (path: string): string => readFileSync(path, 'utf8').trim()
