import { describe, expect, test } from 'vitest'
import { noMosquitto } from '../support/mosquitto.ts'
import type { BrokerKind } from '../support/processes.ts'
import { runCampaign } from './campaign.ts'

/** SAMARA_SEED plays a plan again; SAMARA_KILLS says how many processes are killed on each broker. */
const { SAMARA_SEED, SAMARA_KILLS, SAMARA_CI } = process.env
const kills = Number(SAMARA_KILLS ?? (SAMARA_CI ? 105 : 10))
const seed = Number(SAMARA_SEED ?? Math.floor(Math.random() * 1_000_000))
const LIMIT_MS = 120_000 + kills * 2_000

async function campaign(broker: BrokerKind): Promise<void> {
  console.log(`campaign on ${broker}: seed ${seed}, ${kills} kills`)
  const { verdict, killed, summary } = await runCampaign({ broker, kills, seed })
  console.log(summary)
  expect(verdict.violations).toEqual([])
  expect(verdict.acceptedTasks).toBeGreaterThan(0)
  expect(Object.values(killed).reduce((sum, count) => sum + count, 0)).toBe(kills)
}

describe('killed at random moments, nothing accepted is lost and no task has two results', () => {
  test('manager with its embedded broker, and proplets', () => campaign('embedded'), LIMIT_MS)
  test.skipIf(noMosquitto)('manager, Mosquitto and proplets', () => campaign('mosquitto'), LIMIT_MS)
})
