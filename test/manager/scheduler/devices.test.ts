import { describe, expect, test } from 'vitest'
import { hardwareOf } from '../../../manager/scheduler/needs.ts'
import { desiredOn, type Pinned } from '../../../manager/scheduler/reconcile.ts'
import { isPlaced, schedule } from '../../../manager/scheduler/select.ts'
import type { Candidate, Requirement } from '../../../manager/scheduler/snapshot.ts'
import type { DeviceReport, Grant } from '../../../shared/capabilities.ts'
import type { Manifest } from '../../../shared/documents/manifest.ts'
import type { DeploymentId, Digest, FunctionName, PropletId, UserId } from '../../../shared/ids.ts'
import { bus, button, cell, grant, motor, motorAlias, sensor } from '../../support/devices.ts'

const image = { recipe: 'artefact', format: 'core-module', digest: 'ab'.repeat(32) as Digest, sizeBytes: 1000 } as const

const proplet = (id: string, devices: readonly DeviceReport[], interfaces: readonly string[] = []): Candidate => ({
  ...{ id: id as PropletId, liveness: 'on-time', conflicting: false, labels: {}, formats: ['core-module'] },
  ...{ slots: 2, queue: 4, assigned: 0, memoryBytes: 1 << 20, maxImageBytes: 1 << 20, caches: () => false },
  ...{ devices, interfaces, triggers: [] },
})
const need = (grants: readonly Grant[], interfaces: readonly string[] = []): Requirement => ({
  ...{ images: [image], minMemoryPages: 1, selector: [], avoid: new Set(), grants, interfaces },
})
const imports = (...modules: string[]) => ({ imports: modules.map((module) => ({ module, name: 'f' })) })

describe('a proplet must have what a task imports and was granted [P-10.1] [P-10.2]', () => {
  test.each<[string, Requirement]>([
    ['has no device press', need([{ device: 'press', kind: 'gpio', access: 'read' }])],
    ['has motor-1 as gpio, not i2c', need([{ ...grant(motor, 'read'), kind: 'i2c' }])],
    ['has emergency-stop as an input, which nobody can write to', need([grant(button, 'read-write')])],
    ['has line1-temp without the address 0x77', need([grant(sensor, 'read', { addresses: [0x76, 0x77] })])],
    ['does not offer wasi:usb/device', need([], ['wasi:i2c/i2c', 'wasi:usb/device'])],
  ])('%s', (reason, wanted) => {
    const answer = schedule(wanted, [proplet('p-2', cell, ['wasi:i2c/i2c'])])
    expect(answer).toEqual({ later: false, reasons: [`p-2: ${reason}`] })
  })

  test.each<[string, Grant]>([
    ['reading the level of an output', grant(motor, 'read')],
    ['one address of a bus', grant(bus, 'write', { addresses: [0x51] })],
    ['reading an input', grant(button, 'read')],
  ])('%s fits', (_, one) => {
    const answer = schedule(need([one]), [proplet('a', []), proplet('p-2', cell)])
    expect(isPlaced(answer) && answer.proplet).toBe('p-2')
  })

  test.each<[string, string[], Requirement['trigger']]>([
    ['does not know the trigger edge', [], { name: 'edge', device: button.name }],
    [
      'has motor-1 not as an input, and only the edge of an input starts a run',
      ['edge'],
      { name: 'edge', device: motor.name },
    ],
  ])('%s [P-7.3]', (reason, triggers, trigger) => {
    const wanted = { ...need([grant(motor, 'read'), grant(button, 'read')]), ...(trigger && { trigger }) }
    const answer = schedule(wanted, [{ ...proplet('p-2', cell), triggers }])
    expect(answer).toEqual({ later: false, reasons: [`p-2: ${reason}`] })
  })

  test('WASI 0.2 and core imports are nothing that a hello names; versions do not count', () => {
    const asked = ['wasi:i2c/i2c@0.2.0-draft', 'wasi:io/streams@0.2.6', 'wasi:clocks/monotonic-clock@0.2.0', 'env']
    expect(hardwareOf(imports(...asked, 'samara:device/open@0.1.0', 'wasi:i2c/i2c@0.2.0-draft'))).toEqual([
      'wasi:i2c/i2c',
      'samara:device/open',
    ])
  })
})

const manifest = {
  ...imports(),
  images: [image],
  memory: { minPages: 1, grows: false },
} as unknown as Manifest

/** Deployment `n`, which was accepted as the n-th. */
const deployment = (n: number, ...grants: Grant[]): Pinned => ({
  manifest,
  manifestBytes: 100,
  record: {
    id: `d${String(9 - n).padStart(20, '0')}` as DeploymentId,
    user: 'ann' as UserId,
    function: `fn-${n}` as FunctionName,
    ...{ version: 1, manifest: 'cd'.repeat(32) as Digest, selector: '*', trigger: 'boot', keep: false },
    ...{ call: new Uint8Array(), timeoutMs: 1, throttleMs: 0, bufferCount: 1, createdMs: 0 },
    ...(grants.length > 0 && { grants }),
  },
})
const kept = (pinned: readonly Pinned[], devices = cell) => {
  const { list, leftOut } = desiredOn(proplet('p-2', devices), pinned)
  return { kept: list.map((one) => one.function).toSorted(), leftOut: leftOut.map(({ reason }) => reason) }
}

describe('deployments that would write to the same place [P-10.4]', () => {
  const [first, second] = [deployment(1, grant(motor, 'write')), deployment(2, grant(motor, 'read-write'))]

  test('the one that was accepted first stays, the other is left out with both names', () => {
    expect(kept([first, second])).toEqual({
      kept: ['fn-1'],
      leftOut: [`writes to motor-1, which deployment ${first.record.id} of fn-1 writes to`],
    })
    expect(desiredOn(proplet('p-2', cell), [first, second]).leftOut[0]?.conflict).toBe(true)
  })

  test('two names of one pin are one place', () => {
    expect(kept([first, deployment(2, grant(motorAlias, 'write'))]).leftOut).toEqual([
      `writes to spare-relay, the same thing as motor-1, which deployment ${first.record.id} of fn-1 writes to`,
    ])
  })

  test('reading conflicts with nobody', () => {
    const both = [deployment(1, grant(motor, 'read'), grant(sensor, 'read')), deployment(2, grant(motor, 'read'))]
    expect(kept([...both, deployment(3, grant(motor, 'write'), grant(sensor, 'read'))]).leftOut).toEqual([])
  })

  test('two chips of one bus are two places, the whole bus is both', () => {
    const [low, high] = [0x50, 0x51].map((address, n) => deployment(n, grant(bus, 'write', { addresses: [address] })))
    if (!low || !high) throw new Error('two chips')
    expect(kept([low, high]).leftOut).toEqual([])
    expect(kept([low, high, deployment(2, grant(bus, 'write'))]).leftOut).toHaveLength(1)
  })

  test('without the first the second is kept', () => {
    expect(kept([second]).kept).toEqual(['fn-2'])
  })

  test('one that is left out takes no other place away', () => {
    const greedy = deployment(2, grant(sensor, 'write'), grant(motor, 'write'))
    expect(kept([first, greedy, deployment(3, grant(sensor, 'write'))]).kept).toEqual(['fn-1', 'fn-3'])
  })

  test('one that cannot run there conflicts with nobody', () => {
    const other = { ...motor, name: 'other', places: ['/dev/gpiochip0#9'] }
    const impossible = deployment(1, grant(motor, 'write'), grant(other, 'write'))
    expect(kept([impossible, second])).toEqual({ kept: ['fn-2'], leftOut: ['has no device other'] })
  })

  test('the list is in the order of ids and carries the grants', () => {
    const { list } = desiredOn(proplet('p-2', cell), [first, deployment(2, grant(sensor, 'read')), deployment(3)])
    expect(list.map((one) => one.deployment)).toEqual(list.map((one) => one.deployment).toSorted())
    expect(list.map((one) => one.grants)).toEqual([undefined, [grant(sensor, 'read')], [grant(motor, 'write')]])
  })
})
