import { describe, expect, test } from 'vitest'
import { replyTopic, topics } from '../../shared/topics.ts'

describe('topics [P-2]', () => {
  test('a topic is made of names and read back', () => {
    const name = topics.deploymentResult.of('default', { proplet: 'edge-1', deployment: 'd01k9zq8m5v0123456789' })
    expect(name).toBe('samara/1/default/p/edge-1/d/d01k9zq8m5v0123456789')
    expect(topics.deploymentResult.match(name)).toEqual({
      namespace: 'default',
      proplet: 'edge-1',
      deployment: 'd01k9zq8m5v0123456789',
    })
    expect(topics.alive.filter('default')).toBe('samara/1/default/p/+/alive')
  })

  test.each(['+', '#', 'a/b', '', '$SYS', 'a'.repeat(49), 'é', '-a', 'A', 'x'.repeat(65_536), 'a\0b'])(
    'the name %j never becomes a level',
    (proplet) => {
      expect(() => topics.alive.of('default', { proplet })).toThrow(/is not a name/)
      expect(topics.alive.match(`samara/1/default/p/${proplet}/alive`)).toBeUndefined()
    },
  )

  test.each([
    ['samara/1/default/p/edge-1/alive/more'],
    ['samara/2/default/p/edge-1/alive'],
    ['samara/1/default/u/edge-1/alive'],
    ['/samara/1/default/p/edge-1/alive'],
  ])('%s is another topic', (name) => {
    expect(topics.alive.match(name)).toBeUndefined()
  })
})

describe('reply topics [P-9.1]', () => {
  test.each([
    [undefined, 'samara/1/default/u/ann/reply'],
    ['samara/1/default/u/ann/reply', 'samara/1/default/u/ann/reply'],
    ['samara/1/default/u/ann/reply/press/7', 'samara/1/default/u/ann/reply/press/7'],
  ])('%s is allowed', (wanted, topic) => {
    expect(replyTopic('default', 'ann', wanted)).toBe(topic)
  })

  test.each([
    'samara/1/default/u/bob/reply',
    'samara/1/default/u/ann/submit',
    'samara/1/default/p/edge-1/start',
    'samara/1/default/u/ann/reply/#',
    'samara/1/default/u/ann/reply/+/x',
    'samara/1/default/u/ann/reply/',
    'samara/1/default/u/ann/replyx',
    '$SYS/x',
    '',
  ])('%s is refused', (wanted) => {
    expect(() => replyTopic('default', 'ann', wanted)).toThrow(/is not samara\/1\/default\/u\/ann\/reply/)
  })
})
