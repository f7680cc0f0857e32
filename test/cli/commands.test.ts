import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fakeManager, type Seen, samara } from './support.ts'

const JOB = `j${'0'.repeat(20)}`
const TASK = `t${'0'.repeat(20)}`

const version = {
  function: 'add',
  version: 3,
  kind: 'core',
  manifest: 'ab'.repeat(32),
  artefact: 'cd'.repeat(32),
  sizeBytes: 276,
  createdMs: 0,
  createdBy: 'local',
  notes: [],
}
const manifest = (...exports: string[]) => ({
  ...version,
  exports: exports.map((name) => ({ name, signature: 'func(a:s32,b:s32)->s32' })),
  imports: [],
  memory: { minPages: 1, grows: false },
  images: [{ recipe: 'artefact', format: 'core-module', digest: 'ef'.repeat(32), sizeBytes: 276 }],
})
const job = (tasks = 1) => ({ id: JOB, function: 'add', version: 3, tasks, counts: { completed: tasks } })
const answer = (fields: object) => ({ type: 'result', task: TASK, index: 0, proplet: 'p-1', attempt: 1, ...fields })

/** A manager with one function whose job ends like this. */
const withRun = (exports: string[], ...answers: object[]) =>
  fakeManager({
    'GET /v1/functions/add/versions/latest': { json: manifest(...exports) },
    'GET /v1/functions/add/versions/3': { json: manifest(...exports) },
    'POST /v1/functions/add': { json: version },
    'POST /v1/jobs': ({ path }) => ({
      json: { job: job(answers.length), tasks: [], ...(path.includes('wait=') && { results: answers }) },
    }),
  })

const tempDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'samara-cli-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}
const bodyOf = (seen: Seen[], where: string): Record<string, unknown> =>
  JSON.parse(seen.find(({ method, path }) => `${method} ${path}` === where)?.body.toString() ?? '{}')

describe('run', () => {
  test('prints the value, and takes words as JSON or as texts', async () => {
    const { url, seen } = await withRun(['add'], answer({ state: 'completed', outcome: 'completed', value: 5 }))
    const ran = await samara(['run', 'add', '2', '-3', 'hall-3', '--manager', url, '--on', 'line=1', '--timeout', '5s'])
    expect(ran).toEqual({ code: 0, out: '5\n', err: '' })
    expect(bodyOf(seen, 'POST /v1/jobs')).toMatchObject({
      function: 'add',
      version: '3',
      args: [2, -3, 'hall-3'],
      selector: 'line=1',
      timeoutMs: 5_000,
    })
  })

  test('asks again under the same key, so that waiting is no second job', async () => {
    const { url, seen } = await withRun(['add'], answer({ state: 'completed', outcome: 'completed', value: 5 }))
    await samara(['run', 'add', '--manager', url])
    const bodies = seen.filter(({ method }) => method === 'POST').map(({ body }) => body.toString())
    expect(bodies).toHaveLength(2)
    expect(bodies[0]).toBe(bodies[1])
  })

  test('hands words to a program as they are, with input and environment', async () => {
    const { url, seen } = await withRun(
      ['_start'],
      answer({ state: 'completed', outcome: 'completed', stdout: 'hi\n' }),
    )
    const line = [
      'run',
      'add',
      '--manager',
      url,
      '--env',
      'A=b=c',
      '--env',
      'D=',
      '--stdin',
      '-',
      '--',
      '5',
      '--x',
      '"q"',
    ]
    expect(await samara(line, { stdin: 'in' })).toEqual({ code: 0, out: 'hi\n', err: '' })
    expect(bodyOf(seen, 'POST /v1/jobs')).toMatchObject({
      argv: ['5', '--x', '"q"'],
      env: { A: 'b=c', D: '' },
      stdin: 'in',
    })
  })

  test('a file becomes a function of its name first', async () => {
    const file = join(tempDir(), 'Add.wasm')
    writeFileSync(file, Buffer.from('\0asm\x01\0\0\0', 'latin1'))
    const { url, seen } = await withRun(['add'], answer({ state: 'completed', outcome: 'completed', value: 5 }))
    expect((await samara(['run', file, '1', '2', '--manager', url])).out).toBe('5\n')
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/functions/add' })
    expect(seen[0]?.headers['content-type']).toBe('application/wasm')
  })

  test.each<[object, number, string]>([
    [{ state: 'failed', outcome: 'exited', exitCode: 3 }, 3, 'exited: code 3\n'],
    [{ state: 'failed', outcome: 'exited', exitCode: 200 }, 1, 'exited: code 200\n'],
    [
      { state: 'failed', outcome: 'trapped', error: { code: 'GUEST_TRAPPED', message: 'unreachable' } },
      1,
      'trapped: unreachable\n',
    ],
    [{ state: 'failed', outcome: 'timed-out' }, 1, 'timed-out\n'],
    [{ state: 'failed', outcome: 'refused', error: { code: 'UNSUPPORTED', message: 'no x' } }, 1, 'refused: no x\n'],
    [{ state: 'unknown' }, 1, 'unknown\n'],
  ])('%j ends with code %i and says so', async (fields, code, err) => {
    const { url } = await withRun(['add'], answer(fields))
    expect(await samara(['run', 'add', '--manager', url])).toEqual({ code, out: '', err })
  })

  test('--no-wait says the job; --json is JSON', async () => {
    const { url } = await withRun(['add'], answer({ state: 'completed', outcome: 'completed', value: { a: [1] } }))
    expect((await samara(['run', 'add', '--no-wait', '--manager', url])).out).toBe(`${JOB}\n`)
    const { out } = await samara(['run', 'add', '--json', '--manager', url])
    expect(JSON.parse(out)).toMatchObject({ task: TASK, value: { a: [1] } })
  })

  test('a batch is one job with a row for each call', async () => {
    const answers = [
      answer({ index: 0, state: 'completed', outcome: 'completed', value: 3 }),
      answer({ index: 1, state: 'failed', outcome: 'trapped' }),
    ]
    const { url, seen } = await withRun(['add'], ...answers)
    const { code, out, err } = await samara(['run', 'add', '--batch', '-', '--manager', url], {
      stdin: '[1, 2]\n[3, 4]\n',
    })
    expect(bodyOf(seen, 'POST /v1/jobs').batch).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect({ code, err }).toEqual({ code: 1, err: '1 of 2 calls did not complete\n' })
    expect(out.split('\n')[2]).toMatch(/^ +1 {2}trapped/)
  })

  test.each(['', '5', 'words', '[1]\nnonsense', '[]'])(
    'a batch of %j is refused before anything is sent',
    async (stdin) => {
      const { url, seen } = await withRun(['add'])
      const { code, err } = await samara(['run', 'add', '--batch', '-', '--manager', url], { stdin })
      expect(code).toBe(1)
      expect(err).toMatch(/^samara: batch .+ \(expected .+\)\n$/)
      expect(seen).toEqual([])
    },
  )

  test('a file that is not there, or is none, is said in one line', async () => {
    const text = join(tempDir(), 'x.wasm')
    writeFileSync(text, 'hello world')
    for (const file of ['./nowhere.wasm', text, tmpdir()]) {
      const { code, err } = await samara(['run', file])
      expect(code).toBe(1)
      expect(err).toMatch(/^samara: file ".+\n$/)
      expect(err.match(/\n/g)).toHaveLength(1)
    }
  })

  test('output of a program cannot steer a terminal, and is untouched in a pipe', async () => {
    const stdout = 'a\u001b[2Jb\nc\n'
    const { url } = await withRun(['_start'], answer({ state: 'completed', outcome: 'completed', stdout }))
    expect((await samara(['run', 'add', '--manager', url])).out).toBe(stdout)
    expect((await samara(['run', 'add', '--manager', url], { columns: 80 })).out).toBe('a\\u001b[2Jb\nc\n')
  })

  test('somebody who stops waiting is told how to stop the job', async () => {
    const stop = new AbortController()
    const { url } = await fakeManager({
      'GET /v1/functions/add/versions/latest': { json: manifest('add') },
      'POST /v1/jobs': ({ path }) => {
        if (path.includes('wait=')) stop.abort()
        return { json: { job: job(), tasks: [] } }
      },
    })
    const { code, err } = await samara(['run', 'add', '--manager', url], { signal: stop.signal })
    expect(code).toBe(130)
    expect(err).toContain(`samara jobs cancel ${JOB}`)
  })
})

describe('lists', () => {
  test('go through all pages', async () => {
    const page = (cursor: string | null) =>
      cursor === null
        ? { items: [{ id: 'ada', role: 'user' }], next: 'n1' }
        : { items: [{ id: 'eve', role: 'operator' }] }
    const { url } = await fakeManager({
      'GET /v1/users': ({ path }) => ({ json: page(new URL(path, 'http://x').searchParams.get('cursor')) }),
    })
    const { out } = await samara(['users', 'list', '--manager', url, '--json'])
    expect(JSON.parse(out).map(({ id }: { id: string }) => id)).toEqual(['ada', 'eve'])
  })

  test('hostile names stay in their row', async () => {
    const items = [{ id: 'p\u001b[2J\nq', liveness: 'on-time', labels: { a: '\r\u0007' } }]
    const { url } = await fakeManager({ 'GET /v1/proplets': { json: { items } } })
    const { out } = await samara(['proplets', 'list', '--manager', url], { columns: 100, env: { NO_COLOR: '1' } })
    expect(out.split('\n')).toHaveLength(3)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
    expect(out.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f]/)
  })

  test('titles are bold on a terminal, unless NO_COLOR is set', async () => {
    const { url } = await fakeManager({ 'GET /v1/users': { json: { items: [] } } })
    const line = ['users', 'list', '--manager', url]
    expect((await samara(line, { columns: 80 })).out).toContain('\u001b[1m')
    expect((await samara(line, { columns: 80, env: { NO_COLOR: '1' } })).out).toBe('USER  ROLE  CREATED\n')
    expect((await samara(line)).out).toBe('USER  ROLE  CREATED\n')
  })
})

describe('where the manager is and who asks', () => {
  test('comes from flags, then from the environment', async () => {
    const { url, seen } = await fakeManager({ 'GET /v1/users': { json: { items: [] } } })
    await samara(['users', 'list'], { env: { SAMARA_MANAGER: url, SAMARA_TOKEN: 'from-env' } })
    await samara(['--manager', url, '--token', 'from-flag', 'users', 'list'], {
      env: { SAMARA_MANAGER: 'http://127.0.0.1:1' },
    })
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer from-env', 'Bearer from-flag'])
  })

  test('a token that could split a header is refused, and not shown', async () => {
    const { code, err } = await samara(['users', 'list', '--token', 'a\r\nx: y'])
    expect(code).toBe(1)
    expect(err).toBe('samara: token: has characters that no token has\n')
  })

  test('a missing CA file is said', async () => {
    const { code, err } = await samara(['users', 'list', '--ca', '/nowhere/ca.pem'])
    expect({ code, err }).toEqual({ code: 1, err: 'samara: file "/nowhere/ca.pem": cannot be read: ENOENT\n' })
  })
})

test('a token that was made is alone on stdout', async () => {
  const { url, seen } = await fakeManager({ 'POST /v1/users': { status: 201, json: { id: 'ada', token: 'tok' } } })
  const { code, out, err } = await samara(['users', 'add', 'ada', '--role', 'operator', '--manager', url])
  expect({ code, out }).toEqual({ code: 0, out: 'tok\n' })
  expect(err).toContain('not shown again')
  expect(bodyOf(seen, 'POST /v1/users')).toEqual({ id: 'ada', role: 'operator' })
})

test('labels of a proplet are replaced', async () => {
  const { url, seen } = await fakeManager({
    'PATCH /v1/proplets/p-1': { json: { id: 'p-1', liveness: 'gone', labels: { line: '2' } } },
  })
  expect((await samara(['proplets', 'label', 'p-1', 'line=2', '--manager', url])).out).toContain('labels   line=2')
  expect(bodyOf(seen, 'PATCH /v1/proplets/p-1')).toEqual({ labels: { line: '2' } })
})

test('deploy pins the version and sends what was asked for', async () => {
  const id = `d${'0'.repeat(20)}`
  const { url, seen } = await fakeManager({
    'GET /v1/functions/add/versions/prod': { json: manifest('add', 'mul') },
    'POST /v1/deployments': { status: 201, json: { id, function: 'add', selector: '*', trigger: 'every' } },
  })
  const line = [
    'deploy',
    'add@prod',
    '--on',
    '*',
    '--every',
    '1s',
    '--keep',
    '--export',
    'add',
    '--args',
    '1',
    'x',
    '--buffer',
    '9',
  ]
  expect((await samara([...line, '--manager', url])).out).toBe(`${id}\n`)
  expect(bodyOf(seen, 'POST /v1/deployments')).toEqual({
    function: 'add',
    version: '3',
    selector: '*',
    trigger: 'every',
    everyMs: 1_000,
    keep: true,
    export: 'add',
    args: [1, 'x'],
    bufferCount: 9,
  })
})

test('deploy --on-edge names an input and its edge, rising where none is said', async () => {
  const id = `d${'0'.repeat(20)}`
  const made = { id, function: 'add', selector: '*', trigger: 'edge', device: 'estop', edge: 'falling', keep: true }
  const { url, seen } = await fakeManager({
    'GET /v1/functions/add/versions/latest': { json: manifest('add', 'mul') },
    'POST /v1/deployments': { status: 201, json: made },
    'GET /v1/deployments': { json: { items: [made] } },
  })
  const line = ['deploy', 'add', '--on', '*', '--grant', 'estop:gpio:r', '--yes', '--manager', url]
  for (const [said, edge] of [
    ['estop', 'rising'],
    ['estop:falling', 'falling'],
    ['estop:both', 'both'],
  ] as const) {
    seen.length = 0
    expect((await samara([...line, '--on-edge', said])).code).toBe(0)
    expect(bodyOf(seen, 'POST /v1/deployments')).toMatchObject({ trigger: 'edge', device: 'estop', edge })
  }
  expect((await samara(['deployments', 'list', '--manager', url])).out).toContain('when estop falls, kept')
})

test.each([
  [['--on-edge', 'estop:sometimes'], 'EDGE one of rising, falling, both'],
  [['--on-edge', ':rising'], 'Expected DEVICE'],
  [['--on-edge', 'estop', '--boot'], 'only one of'],
])('deploy %j is refused before anything is asked', async (flags, message) => {
  const { code, err } = await samara(['deploy', 'add', '--on', '*', ...flags])
  expect([code, err]).toEqual([2, expect.stringContaining(message)])
})

test('broker config writes its files for nobody else to read', async () => {
  const files = { passwd: 'p', acl: 'a', conf: 'c', manager: { username: 'm', password: 's' } }
  const { url } = await fakeManager({ 'GET /v1/broker/mosquitto': { json: files } })
  const dir = join(tempDir(), 'new', 'folder')
  const { code } = await samara(['broker', 'config', 'mosquitto', '--dir', dir, '--manager', url])
  expect(code).toBe(0)
  const mode = (name: string) => statSync(join(dir, name)).mode & 0o777
  expect([mode('passwd'), mode('acl'), mode('manager.env'), mode('mosquitto.conf')]).toEqual([
    0o600, 0o600, 0o600, 0o644,
  ])
  expect(readFileSync(join(dir, 'passwd'), 'utf8')).toBe('p')
})

test('inspect says where a module runs and why not elsewhere', async () => {
  const file = join(tempDir(), 'x.wasm')
  writeFileSync(file, Buffer.from('\0asm\x01\0\0\0', 'latin1'))
  const { url } = await fakeManager({
    'POST /v1/inspect': {
      json: {
        manifest: manifest('add'),
        notes: [{ format: 'core-module', runs: ['Linux proplets (V8)'], refused: [] }],
        proplets: [
          { proplet: 'p-1', fits: true, format: 'core-module' },
          { proplet: 'p-2', fits: false, reason: 'holds 64 KiB' },
        ],
      },
    },
  })
  const { out } = await samara(['inspect', file, '--manager', url])
  expect(out).toContain('func(a: s32, b: s32) -> s32')
  expect(out).toMatch(/p-1 +yes +as core-module/)
  expect(out).toMatch(/p-2 +no +holds 64 KiB/)
})

test('a problem of the manager is one line on stderr, with code 1 and nothing on stdout', async () => {
  const problem = { status: 409, code: 'UNPLACEABLE', detail: 'no proplet can run it', reasons: ['p-1: lost'] }
  const { url } = await fakeManager({ 'GET /v1/tasks': { status: 409, json: problem } })
  for (const json of [[], ['--json']])
    expect(await samara(['tasks', 'list', '--manager', url, ...json])).toEqual({
      code: 1,
      out: '',
      err: 'samara: no proplet can run it: p-1: lost\n',
    })
})
