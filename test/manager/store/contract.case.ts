import { describe, expect, it } from 'vitest'
import type { Store } from '../../../manager/store/store.ts'
import { functionName, propletId, userId } from '../../../shared/ids.ts'
import { jobContract } from './contract-jobs.case.ts'
import { ALICE, D1, D2, D3, EDGE, FUNCTION, text, versionRecord } from './records.ts'
import { deployment, NOW_MS } from './support.ts'

export type Opened = { readonly store: Store; readonly reopen: () => Promise<Store> }
export type Open = () => Promise<Opened>

const BOB = userId('bob')

/** What every store does. */
export function storeContract(name: string, open: Open): void {
  describe(name, () => {
    describe('functions', () => functionContract(open))
    describe('proplets and users', () => propletContract(open))
    describe('deployments', () => deploymentContract(open))
    describe('jobs and tasks', () => jobContract(open))
  })
}

function functionContract(open: Open): void {
  it('numbers versions, moves latest and the alias, and keeps them', async () => {
    const { store, reopen } = await open()
    const first = await store.addVersion(versionRecord(), 'stable')
    const second = await store.addVersion(versionRecord({ manifest: D3 }), undefined)
    expect([first.version, second.version]).toEqual([1, 2])

    const again = await reopen()
    expect(await again.function(FUNCTION)).toEqual({
      name: FUNCTION,
      createdMs: NOW_MS,
      aliases: { stable: 1 },
      latest: 2,
    })
    expect(await again.versions(FUNCTION)).toEqual([second, first])
    expect(await again.version(FUNCTION, 'stable')).toEqual(first)
    expect(await again.version(FUNCTION, 'latest')).toEqual(second)
    expect(await again.version(FUNCTION, '1')).toEqual(first)
    expect(await again.version(FUNCTION, 'nightly')).toBeUndefined()
    expect(await again.version(functionName('other'), 'latest')).toBeUndefined()
  })

  it('gives the newest version again for its manifest, with the alias moved', async () => {
    const { store } = await open()
    await store.addVersion(versionRecord(), undefined)
    expect((await store.addVersion(versionRecord(), 'stable')).version).toBe(1)
    expect((await store.function(FUNCTION))?.aliases).toEqual({ stable: 1 })
  })

  it('sets an alias only to a version that is there', async () => {
    const { store } = await open()
    await store.addVersion(versionRecord(), undefined)
    expect(await store.setAlias(FUNCTION, 'stable', 1)).toBe(true)
    expect(await store.setAlias(FUNCTION, 'stable', 2)).toBe(false)
    expect(await store.setAlias(functionName('other'), 'stable', 1)).toBe(false)
    expect((await store.version(FUNCTION, 'stable'))?.version).toBe(1)
  })

  it('keeps what a version was granted and by whom; the next version has nothing', async () => {
    const { store, reopen } = await open()
    const first = await store.addVersion(versionRecord(), undefined)
    const granted = { grants: D2, grantsBytes: 40, grantedBy: ALICE, grantedMs: 9 }
    expect(await store.setGrants(FUNCTION, 1, { ...granted, grants: D3 })).toBe(true)
    expect(await store.setGrants(FUNCTION, 1, granted)).toBe(true)
    expect(await store.setGrants(FUNCTION, 2, granted)).toBe(false)
    expect(await store.setGrants(functionName('other'), 1, granted)).toBe(false)
    expect(await store.addVersion(versionRecord(), 'stable')).toEqual({ ...first, granted })

    const again = await reopen()
    const second = await again.addVersion(versionRecord({ manifest: D3 }), undefined)
    expect(second.granted).toBeUndefined()
    expect(await again.versions(FUNCTION)).toEqual([second, { ...first, granted }])
    expect((await again.usedBlobs()).blobs).toContain(D2)
  })

  it('removes a function with its versions, and lists the others newest first', async () => {
    const { store } = await open()
    const names = ['a', 'b', 'c'].map(functionName)
    for (const one of names) await store.addVersion(versionRecord({ function: one }), 'stable')
    expect(await store.removeFunction(functionName('b'))).toBe(true)
    expect(await store.removeFunction(functionName('b'))).toBe(false)
    expect(await store.versions(functionName('b'))).toEqual([])
    const page = await store.functions({ limit: 1 })
    const rest = await store.functions({ limit: 5, cursor: page.next ?? '' })
    expect([...page.items, ...rest.items].map(({ name }) => name)).toEqual(['c', 'a'])
    expect(rest.next).toBeUndefined()
  })
}

function propletContract(open: Open): void {
  it('keeps a proplet, when it was seen and its last hello', async () => {
    const { store, reopen } = await open()
    await store.putProplet({ id: EDGE, labels: { line: '1' }, tokenHash: 'ff', createdMs: 1 })
    await store.seenProplet(EDGE, 5, text('hello'))
    await store.seenProplet(EDGE, 9, undefined)
    const kept = { id: EDGE, labels: { line: '1' }, tokenHash: 'ff', createdMs: 1, lastSeenMs: 9, hello: text('hello') }
    expect(await (await reopen()).proplets()).toEqual([kept])
  })

  it('does not bring a removed proplet back when it is seen late', async () => {
    const { store } = await open()
    await store.putProplet({ id: EDGE, labels: {}, createdMs: 1 })
    expect(await store.removeProplet(EDGE)).toBe(true)
    expect(await store.removeProplet(EDGE)).toBe(false)
    await store.seenProplet(EDGE, 5, undefined)
    expect(await store.proplets()).toEqual([])
  })

  it('keeps users', async () => {
    const { store, reopen } = await open()
    await store.putUser({ id: ALICE, tokenHash: 'aa', role: 'user', createdMs: 1 })
    await store.putUser({ id: BOB, tokenHash: 'bb', role: 'user', createdMs: 1 })
    await store.putUser({ id: ALICE, tokenHash: 'cc', role: 'operator', createdMs: 2 })
    expect(await store.removeUser(BOB)).toBe(true)
    expect(await store.removeUser(BOB)).toBe(false)
    expect(await (await reopen()).users()).toEqual([{ id: ALICE, tokenHash: 'cc', role: 'operator', createdMs: 2 }])
  })

  it('gives the desired index a new revision only for another digest', async () => {
    const { store, reopen } = await open()
    expect(await store.setDesired(EDGE, D1, 10)).toEqual({ proplet: EDGE, revision: 1, digest: D1, sizeBytes: 10 })
    expect((await store.setDesired(EDGE, D1, 10)).revision).toBe(1)
    expect((await store.setDesired(EDGE, D2, 20)).revision).toBe(2)
    const again = await reopen()
    expect((await again.setDesired(EDGE, D1, 10)).revision).toBe(3)
    expect(await again.desired()).toEqual([{ proplet: EDGE, revision: 3, digest: D1, sizeBytes: 10 }])
  })
}

function deploymentContract(open: Open): void {
  const { id } = deployment(1)
  const state = {
    deployment: id,
    proplet: EDGE,
    state: 'running',
    manifest: D1,
    boot: 'aa',
    runs: 1,
    failures: 0,
  } as const
  const report = { ...state, skipped: 0, dropped: 0, reportedMs: 7 }
  const result = { deployment: id, proplet: EDGE, boot: 'aa', endedMs: 9, outcome: 'completed', ranUs: 4 } as const

  it('keeps deployments, oldest first, and what their proplets report', async () => {
    const { store, reopen } = await open()
    const grants = [{ device: 'motor-1', kind: 'gpio', access: 'write', perSecond: 2 }] as const
    const every = deployment(2, { trigger: 'every', everyMs: 500, keep: true, grants })
    await store.putDeployment(deployment(1))
    const edge = deployment(3, { trigger: 'edge', device: 'estop', edge: 'both' })
    await store.putDeployment(every)
    await store.putDeployment(edge)
    await store.putDeployment(deployment(1, { selector: 'line=2' }))
    const error = { code: 'GUEST_TRAPPED', message: 'unreachable' } as const
    await store.putDeploymentState({ ...report, error })
    await store.putDeploymentState({ ...report, runs: 2 })
    await store.putDeploymentState({ ...report, proplet: propletId('edge-2'), error, refusals: 3 })

    const again = await reopen()
    expect(await again.deployments()).toEqual([deployment(1, { selector: 'line=2' }), every, edge])
    expect(await again.deploymentStates(id)).toEqual([
      { ...report, runs: 2 },
      { ...report, proplet: 'edge-2', error, refusals: 3 },
    ])
  })

  it('takes a result once', async () => {
    const { store } = await open()
    await store.putDeployment(deployment(1))
    expect(await store.addDeploymentResult({ ...result, seq: 1, body: text('1') })).toBe(true)
    expect(await store.addDeploymentResult({ ...result, seq: 1, body: text('other') })).toBe(false)
    expect(await store.addDeploymentResult({ ...result, seq: 1, boot: 'bb', exitCode: 3 })).toBe(true)
    const { items } = await store.deploymentResults(id, { limit: 10 })
    expect(items).toEqual([
      { ...result, seq: 1, boot: 'bb', exitCode: 3 },
      { ...result, seq: 1, body: text('1') },
    ])
  })

  it('takes nothing for a deployment that was removed', async () => {
    const { store } = await open()
    await store.putDeployment(deployment(1))
    await store.putDeploymentState(report)
    await store.addDeploymentResult({ ...result, seq: 1 })
    expect(await store.removeDeployment(id)).toBe(true)
    expect(await store.removeDeployment(id)).toBe(false)
    expect(await store.addDeploymentResult({ ...result, seq: 2 })).toBe(false)
    await store.putDeploymentState(report)
    expect(await store.deploymentStates(id)).toEqual([])
    expect((await store.deploymentResults(id, { limit: 10 })).items).toEqual([])
  })

  it('keeps the newest results of each deployment when pruned', async () => {
    const { store } = await open()
    for (const one of [1, 2]) await store.putDeployment(deployment(one))
    for (let seq = 1; seq <= 10; seq++) await store.addDeploymentResult({ ...result, seq })
    await store.addDeploymentResult({ ...result, deployment: deployment(2).id, seq: 1 })
    await store.prune(NOW_MS, { jobsMs: 1, jobs: 1, deploymentResults: 3 })
    const kept = await store.deploymentResults(id, { limit: 10 })
    expect(kept.items.map(({ seq }) => seq)).toEqual([10, 9, 8])
    expect((await store.deploymentResults(deployment(2).id, { limit: 10 })).items).toHaveLength(1)
  })
}
