import { describe, expect, test } from 'vitest'
import { started } from '../proplet/lab/running.ts'
import { i2cDevice, transfer, write } from '../proplet/lab/support.ts'
import { samara, serve } from './support.ts'

async function bench() {
  const running = await started({ http: { host: '127.0.0.1', port: 0 } })
  const lab = (...args: string[]) => samara(['lab', ...args], { env: { SAMARA_LAB_URL: running.url as string } })
  return { running, lab }
}

describe('samara lab', () => {
  test('show is a table of parts, and JSON for programs', async () => {
    const { lab } = await bench()
    const { code, out } = await lab('show')
    expect(code).toBe(0)
    expect(out).toMatch(/^bench, virtual time 0\.000000s\nPART +CHIP +PLACE +PROPERTIES\n/)
    expect(out).toMatch(/^chip +notebook +i2c-0 0x40 +notes=, says=16, deaf=-1, broken=false$/m)
    expect(JSON.parse((await lab('show', '--json')).out)).toMatchObject({ name: 'bench' })
  })

  test('set sets properties, each by its own type', async () => {
    const { lab, running } = await bench()
    expect(await lab('set', 'chip', 'says=7', 'broken=true')).toEqual({
      code: 0,
      out: 'chip says=7\nchip broken=true\n',
      err: '',
    })
    expect(running.lab.part('chip').get('broken')).toBe(true)
    await lab('set', 'in-1', 'puts=high')
    expect(running.lab.part('in-1').get('puts')).toBe('high')
  })

  test('press and release are for buttons', async () => {
    const yaml = 'name: b\nbuses: { g: { kind: gpio } }\nparts: { estop: { chip: button, bus: g, line: 1 } }'
    const running = await started({ yaml, http: { host: '127.0.0.1', port: 0 } })
    const pressed = async (verb: string) => {
      await samara(['lab', verb, 'estop', '--lab', running.url as string])
      return running.lab.part('estop').get('pressed')
    }
    expect(await pressed('press')).toBe(true)
    expect(await pressed('release')).toBe(false)
  })

  test('fault breaks, clear mends, trace tells', async () => {
    const { lab, running } = await bench()
    const device = running.lab.open(i2cDevice())
    expect((await lab('fault', 'i2c-0', 'nack', '--count', '2')).out).toBe('fault 1: nack on i2c-0\n')
    expect(await transfer(device, 0x40, write(1))).toEqual({ error: 'nack-address' })
    expect((await lab('show')).out).toMatch(/^fault 1: nack on i2c-0, 1 more$/m)
    expect((await lab('clear', 'i2c-0')).out).toBe('faults cleared: i2c-0\n')
    expect(await transfer(device, 0x40, write(1))).toEqual({})
    expect((await lab('trace', '--bus', 'i2c-0')).out).toBe(
      '1  0.000000s  i2c-0  S 40w N P\n2  0.000110s  i2c-0  S 40w A 01 A P\n',
    )
    expect((await lab('trace', '--after', '2')).out).toBe('')
  })

  test('advance moves time', async () => {
    const { lab } = await bench()
    expect((await lab('advance', '10s')).out).toBe('10.000000s\n')
  })

  test('watch prints changes until it is stopped', async () => {
    const stop = new AbortController()
    const asked: (string | undefined)[] = []
    const url = await serve(({ url: path }, response) => {
      asked.push(path)
      if (asked.length > 1) stop.abort()
      response.setHeader('content-type', 'text/event-stream')
      response.end('event: change\ndata: {"part":"motor-1","property":"closed","value":true,"atUs":1500}\n\n')
    })
    const { code, out } = await samara(['lab', 'watch', 'motor-1', '--lab', url], { signal: stop.signal })
    expect({ code, asked: asked[0] }).toEqual({ code: 0, asked: '/v1/events?part=motor-1' })
    expect(out.split('\n')[0]).toBe('0.001500s  motor-1  closed=true')
  })

  test.each([
    [['set', 'nobody', 'x=1'], /part nobody does not exist/],
    [['set', 'chip', 'says=loud'], /chip.says: "loud" is not a number from 0 to 255/],
    [['fault', 'i2c-0', 'gremlin'], /is not one of nack/],
    [['clear', 'a b'], /clear.on: "a b" is not 1 to 48/],
  ])('%j fails in the words of the lab', async (args, message) => {
    const { lab } = await bench()
    const { code, out, err } = await lab(...args)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(message)
  })

  test('nobody there says how to start one', async () => {
    const { code, err } = await samara(['lab', 'show', '--lab', 'http://127.0.0.1:9'])
    expect(code).toBe(1)
    expect(err).toMatch(/^samara: lab http:\/\/127.0.0.1:9: cannot be reached: start one with `samara lab start FILE`/)
  })

  test.each([
    [['set', 'chip', 'says']],
    [['advance', '10']],
    [['fault', 'i2c-0', 'nack', '--count', '0']],
    [['fault', 'x']],
  ])('%j is an error of usage', async (args) => {
    const { lab } = await bench()
    expect(await lab(...args)).toMatchObject({ code: 2, out: '' })
  })
})
