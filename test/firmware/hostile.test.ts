import { join } from 'node:path'
import mqtt from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { digestOf } from '../../shared/ids.ts'
import { MockManager, noise } from '../support/mock-manager.ts'
import { noMosquitto } from '../support/mosquitto.ts'
import { tempFolder } from '../support/system.ts'
import { agentProgram, counters } from './agent.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { AGENT, startAgentFleet } from './fleet.ts'
import { malformed, oversized, sayAll, truncated } from './hostile.ts'
import { mocked, mouth, PROPLET } from './mocked.ts'

/** Somebody with the manager's rights who says what no manager says; sanitizers watch the agent that hears it. */

const TEST_MS = 180_000

describe.skipIf(noAgentTools)('the C agent and what nobody should say', () => {
  test(
    'what is no message is counted, and a good task runs after each',
    async () => {
      const { say, isWell, agent } = await mocked({ variant: 'sanitized' })
      expect(malformed.length).toBeGreaterThan(150)
      for (const one of malformed) {
        await say(one.topic, one.payload)
        await isWell()
      }
      await sayAll(truncated, say, isWell)
      await agent.kill('SIGTERM')
      expect(counters(agent)).toMatchObject({
        ...{ malformed: malformed.length + truncated.length, oversized: 0, connects: 1 },
      })
    },
    BUILD_MS + TEST_MS,
  )

  test(
    'what is too long is read to its end and counted',
    async () => {
      const { say, isWell, agent } = await mocked({ variant: 'sanitized' })
      await sayAll(oversized, say, isWell)
      await agent.kill('SIGTERM')
      expect(counters(agent)).toMatchObject({ malformed: 0, oversized: oversized.length, connects: 1 })
    },
    TEST_MS,
  )

  test(
    'topics that it never asked for are counted and left alone',
    async () => {
      const manager = await MockManager.open(PROPLET)
      onTestFinished(() => manager.close())
      const unknown = ['p-2/start', `${PROPLET}/starts`, `${PROPLET}/start/x`, `${PROPLET}/`, PROPLET].map(
        (name) => `samara/1/default/p/${name}`,
      )
      const strange = [...unknown, `samara/2/default/p/${PROPLET}/start`, 'a/b', `x/${'y'.repeat(400)}`]
      // Whoever had its name before has left a session behind that hears more.
      const before = await mqtt.connectAsync(manager.url, { clientId: PROPLET, clean: false, protocolVersion: 4 })
      await before.subscribeAsync(strange, { qos: 1 })
      await before.endAsync()
      const data = join(await tempFolder(), 'data')
      const agent = await agentProgram({ id: PROPLET, broker: manager.url, data, variant: 'sanitized' })
      await agent.start()
      await manager.roundTrip()
      const other = await mqtt.connectAsync(manager.url, { username: 'evil', protocolVersion: 4 })
      onTestFinished(() => other.endAsync(true))
      for (const topic of strange) await other.publishAsync(topic, Buffer.from('a0', 'hex'), { qos: 1 })
      await manager.roundTrip()
      await agent.kill('SIGTERM')
      expect(counters(agent)).toMatchObject({ misdirected: strange.length, malformed: 0, connects: 1 })
    },
    TEST_MS,
  )

  test(
    'a start that comes again runs nothing again, before its acknowledgement and after',
    async () => {
      const { manager, startOf, ask, acknowledge, isWell, agent } = await mocked({ variant: 'sanitized' })
      const start = startOf()
      const first = await ask(start)
      const again = await ask(start)
      expect(again).toEqual(first)
      acknowledge(start)
      await manager.roundTrip()
      const before = manager.all('result').length
      for (let time = 0; time < 3; time++) manager.send('start', start)
      await manager.roundTrip()
      // That of the round trip.
      expect(manager.all('result')).toHaveLength(before + 1)
      await isWell()
      await agent.kill('SIGTERM')
      expect(counters(agent)).toMatchObject({ calls: 2 })
    },
    TEST_MS,
  )

  test(
    'what is meant for another connection, or names no bytes that there are, is refused in words',
    async () => {
      const { manager, startOf, run, isWell, agent } = await mocked({ variant: 'sanitized' })
      const { epoch } = manager
      const stale = startOf({ epoch: (epoch ^ 1) >>> 0 })
      expect(await run(stale)).toMatchObject({ outcome: 'refused', error: { code: 'STALE_EPOCH' } })
      await isWell()

      // The right length, other bytes: pulled once more, then nobody believes it.
      const wanted = noise(600)
      manager.blobs.set(digestOf(wanted), noise(600, 2))
      manager.clear()
      const wrong = startOf({ image: digestOf(wanted), imageBytes: wanted.length })
      expect(await run(wrong)).toMatchObject({ outcome: 'refused', error: { code: 'DATA_LOSS' } })
      expect(manager.all('pull').filter(({ message }) => message.digest === digestOf(wanted))).toHaveLength(2)

      const nowhere = startOf({ image: digestOf(noise(700)), imageBytes: 700 })
      expect(await run(nowhere)).toMatchObject({ outcome: 'refused', error: { code: 'NOT_FOUND' } })
      const other = startOf({ imageBytes: startOf().imageBytes + 1 })
      expect(await run(other)).toMatchObject({ outcome: 'refused' })
      const huge = startOf({ image: digestOf(noise(9)), imageBytes: 4_000_000_000 })
      expect(await run(huge)).toMatchObject({ outcome: 'refused', error: { code: 'TOO_LARGE' } })
      await agent.kill('SIGTERM')
      expect(counters(agent)).toMatchObject({ malformed: 0, damaged: 0, connects: 1 })
    },
    TEST_MS,
  )

  test(
    'chunks of other blobs, other places and other lengths do not get into a transfer',
    async () => {
      const { manager, startOf, run, isWell } = await mocked({ variant: 'sanitized' })
      const image = startOf().image
      manager.onChunk = (chunk) => {
        if (chunk.digest !== image || !chunk.data) return chunk
        const { data, sizeBytes, offset } = chunk
        const zeros = Buffer.alloc(data.length)
        manager.send('pulled', { ...chunk, digest: digestOf(noise(5)), data: zeros })
        for (const at of [offset + 1, offset + data.length, Math.max(0, offset - 1), 4_294_967_295])
          if (at !== offset) manager.send('pulled', { ...chunk, offset: at, data: zeros })
        manager.send('pulled', { ...chunk, data: Buffer.alloc(0) })
        if (sizeBytes - offset < 800) manager.send('pulled', { ...chunk, data: Buffer.alloc(sizeBytes - offset + 1) })
        return chunk
      }
      expect(await run(startOf())).toMatchObject({ outcome: 'completed' })
      await isWell()
      // Nobody asked for these.
      manager.send('pulled', { digest: image, offset: 0, sizeBytes: 100, data: Buffer.alloc(100) })
      manager.send('pulled', { digest: image, offset: 0, sizeBytes: 0, error: { code: 'NOT_FOUND', message: 'no' } })
      manager.send('push', { digest: image, offset: 0, length: 4_294_967_295, chunk: 4_294_967_295 })
      await isWell()
    },
    TEST_MS,
  )

  test.skipIf(noMosquitto)(
    'the same over Mosquitto, beside a real manager',
    async () => {
      const { fleet, agent, call } = await startAgentFleet({ broker: 'mosquitto' })
      const say = await mouth(fleet.url, AGENT, fleet.managerLogin)
      const isWell = async () => {
        expect(await call({ function: 'add', export: 'add', args: [2, 3] })).toMatchObject({ value: 5 })
      }
      await sayAll([...malformed, ...truncated], say, isWell)
      await sayAll(oversized, say, isWell)
      await agent.kill('SIGTERM')
      expect(counters(agent)).toMatchObject({
        ...{ malformed: malformed.length + truncated.length, oversized: oversized.length, connects: 1 },
      })
    },
    TEST_MS,
  )
})
