import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')

describe('files for other programs, which do not run here', () => {
  test('docker-compose.yml has Mosquitto, a manager, two proplets and their set-up, and names only what is there', () => {
    const { services, volumes } = parse(read('docker-compose.yml'), { merge: true })
    expect(Object.keys(services).sort()).toEqual(['edge-1', 'edge-2', 'manager', 'mosquitto', 'setup'])
    const mounted = Object.values(services as Record<string, { volumes?: string[] }>).flatMap(
      (one) => one.volumes ?? [],
    )
    for (const mount of mounted) expect(Object.keys(volumes)).toContain(mount.split(':')[0])
  })

  test('the Dockerfile copies only what the repository has', () => {
    const copied = read('manager/Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)
    for (const [, list = ''] of copied)
      for (const file of list.split(' '))
        expect(() => readFileSync(new URL(`../../${file}`, import.meta.url))).not.toThrow(/ENOENT/)
  })

  test('the systemd unit takes the flags that the proplet has', () => {
    const [, flags = ''] = /ExecStart=\S+ samara proplet (.+)/.exec(read('proplet/samara-proplet.service')) ?? []
    const page = read('proplet/README.md')
    for (const flag of flags.match(/--[a-z-]+/g) ?? []) expect(page).toContain(`\`${flag}\``)
    for (const name of read('proplet/samara-proplet.service').match(/SAMARA_[A-Z_]+/g) ?? [])
      expect(page).toContain(`\`${name}\``)
  })

  test("the C agent's unit takes the flags and variables that the program has", () => {
    const unit = read('firmware/posix/samara-agent.service')
    const [, flags = ''] = /ExecStart=\S+\/samara-agent (.+)/.exec(unit) ?? []
    const names = [...read('firmware/src/port/posix/settings.c').matchAll(/\[SET_\w+\] = \{"([a-z-]+)"/g)].map(
      ([, name]) => name,
    )
    for (const flag of flags.match(/--[a-z-]+/g) ?? []) expect(names).toContain(flag.slice(2))
    for (const name of unit.match(/SAMARA_[A-Z_]+/g) ?? [])
      expect(names).toContain(name.slice('SAMARA_'.length).toLowerCase().replaceAll('_', '-'))
  })

  test('the drop-in for hardware names a setting that the proplet has, and classes of devices', () => {
    const lines = read('proplet/hardware.conf')
      .split('\n')
      .filter((line) => line.includes('=') && !line.startsWith('#'))
    const values = (key: string) =>
      lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1))
    for (const setting of values('Environment'))
      expect(read('proplet/README.md')).toContain(`\`${setting.split('=')[0]}\``)
    expect(values('DeviceAllow')).toEqual(['char-i2c rw', 'char-gpiochip rw', 'char-spi rw', 'char-usb_device rw'])
    expect(values('DevicePolicy')).toEqual(['closed'])
  })
})

test('no file speaks of the machine that it was written on', () => {
  for (const file of ['README.md', 'package.json', 'package-lock.json', 'docker-compose.yml', '.ci/run'])
    expect(read(file)).not.toMatch(
      /\/root\/|"resolved"|https?:\/\/(?!github\.com|opencollective|www\.patreon|paypal|feross|tidelift|ko-fi)[a-z.-]*(registry|mirror|proxy)/,
    )
})
