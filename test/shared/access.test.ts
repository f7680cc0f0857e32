import { describe, expect, test } from 'vitest'
import { findTopic, type Identity, mayPublish, maySubscribe, readable, writable } from '../../shared/access.ts'
import { topics } from '../../shared/topics.ts'

const press: Identity = { kind: 'proplet', id: 'press-7' }
const ann: Identity = { kind: 'user', id: 'ann', role: 'user' }
const boss: Identity = { kind: 'user', id: 'boss', role: 'operator' }
/** Simulated hardware: a user that has its name. */
const cell: Identity = { kind: 'user', id: 'cell', role: 'user' }
const root = 'samara/1/default'

describe('who may use which topic [P-2.3]', () => {
  test.each([
    [press, 'p/press-7/alive', true],
    [press, 'p/press-7/d/d01k9zq8m5v0123456789', true],
    [press, 'p/press-8/alive', false],
    [press, 'p/press-7/start', false],
    [press, 'u/ann/submit', false],
    [press, 'p/press-7/unheard-of', false],
    [ann, 'u/ann/submit', true],
    [ann, 'u/bob/submit', false],
    [ann, 'u/ann/reply', false],
    [ann, 'u/ann/reply/x', false],
    [ann, 'p/press-7/start', false],
    [ann, 'p/press-7/result', false],
    [boss, 'p/press-7/start', false],
    [boss, 'l/cell/control/boss', true],
    [boss, 'l/cell/control/ann', false],
    [ann, 'l/cell/control/ann', false],
    [press, 'l/cell/control/press-7', false],
    [cell, 'l/cell/answer/boss', true],
    [cell, 'l/cell/state', true],
    [cell, 'l/other/state', false],
    [boss, 'l/cell/state', false],
    [press, 'l/press-7/state', false],
  ])('%j publishes to %s: %s', (identity, topic, allowed) => {
    expect(mayPublish(identity, `${root}/${topic}`)).toBe(allowed)
  })

  test.each([
    [press, 'p/press-7/start', true],
    [press, 'p/press-7/desired', true],
    [press, 'p/press-8/start', false],
    [press, 'p/+/start', false],
    [press, 'p/#', false],
    [press, 'p/press-7/alive', false],
    [ann, 'u/ann/#', true],
    [ann, 'u/ann/reply/+', true],
    [ann, 'u/bob/reply', false],
    [ann, 'u/+/reply', false],
    [ann, 'p/press-7/result', false],
    [ann, '#', false],
    [boss, 'p/+/result', true],
    [boss, 'p/#', true],
    [boss, 'u/ann/reply', false],
    [boss, '#', false],
    [cell, 'l/cell/control/+', true],
    [cell, 'l/+/control/+', false],
    [cell, 'l/other/control/+', false],
    [boss, 'l/cell/answer/boss', true],
    [boss, 'l/+/state', true],
    [boss, 'l/cell/answer/ann', false],
    [boss, 'l/#', false],
    [ann, 'l/cell/state', false],
    [press, 'l/press-7/control/+', false],
  ])('%j subscribes to %s: %s', (identity, filter, allowed) => {
    expect(maySubscribe(identity, `${root}/${filter}`)).toBe(allowed)
  })

  test('every topic is found by its name, and nothing else is', () => {
    const names = { proplet: 'press-7', user: 'ann', deployment: 'd01k9zq8m5v0123456789', lab: 'cell' }
    for (const topic of Object.values(topics)) {
      const name = (topic.of as (namespace: string, names: object) => string)('default', names)
      expect(findTopic(name)?.topic).toBe(topic)
      expect(findTopic(`${name}/x`)?.topic).not.toBe(topic)
    }
    for (const name of ['', '/', 'a/b/c/p/e/alive', `samara/1/default/p/${'+'}/alive`])
      expect(findTopic(name)).toBeUndefined()
  })

  test('nobody reads the whole broker or its own counters', () => {
    for (const identity of [press, ann, boss])
      for (const filter of [
        '#',
        '$SYS/#',
        '+/1/default/p/press-8/start',
        'samara/#',
        'samara/1/+/p/#',
        'samara/1/other/p/#',
      ])
        expect(maySubscribe(identity, filter)).toBe(false)
  })

  test('what an access list of another broker says is what the embedded one does', () => {
    for (const identity of [press, ann, boss, cell]) {
      for (const filter of readable(identity)) expect(maySubscribe(identity, filter)).toBe(true)
      for (const filter of writable(identity))
        expect(mayPublish(identity, filter.replaceAll('+', 'd01k9zq8m5v0123456789'))).toBe(true)
    }
  })
})
