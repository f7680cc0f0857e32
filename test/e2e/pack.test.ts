import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
const LONG = 240_000

describe('the package, packed and installed into an empty folder', () => {
  let dir = ''
  let files: string[] = []

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'samara-pack-'))
    const { stdout } = await run('npm', ['pack', '--json', '--silent', '--pack-destination', dir], {
      cwd: root,
      env: systemEnv(),
      maxBuffer: 1 << 24,
    })
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string; files: { path: string }[] }]
    files = packed.files.map((file) => file.path)
    await writeFile(join(dir, 'package.json'), '{"name":"empty","private":true}')
    await run(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `./${packed.filename}`],
      { cwd: dir, env: systemEnv() },
    )
  }, LONG)

  afterAll(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))

  test('holds plain JavaScript only: Node strips no types below node_modules', () => {
    // What a guest is built of is for other compilers.
    const ours = files.filter((file) => !file.startsWith('examples/sdk/'))
    expect(ours.filter((file) => file.endsWith('.ts'))).toEqual([])
    expect(files).toContain('dist/cli/main.js')
    expect(files).toContain('LICENSE')
    expect(files).toContain('shared/wit/wasi-i2c.wit')
    expect(files).toContain('examples/sdk/c/samara.h')
  })

  test('holds what Zephyr makes an image of, and labs of simulated boards', () => {
    for (const file of [
      'CMakeLists.txt',
      'prj.conf',
      'west.yml',
      'src/port/zephyr/main.c',
      'renode/nucleo_h753zi.repl',
    ])
      expect(files).toContain(`firmware/${file}`)
    expect(files).toContain('examples/lab/boards.lab.yaml')
  })

  test('compiled nothing and ran no script', async () => {
    const built = (await readdir(join(dir, 'node_modules'), { recursive: true })).filter((file) =>
      /\/build\/Release\/obj\.target/.test(file),
    )
    expect(built).toEqual([])
  })

  test('the bin runs with the Node of the machine, and shows the version', async () => {
    const { stdout } = await run('/bin/sh', ['-c', 'node_modules/.bin/samara --version'], {
      cwd: dir,
      env: systemEnv(),
    })
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('its demo comes out right', { timeout: LONG }, async () => {
    const { stdout, stderr } = await run('/bin/sh', ['-c', 'node_modules/.bin/samara demo'], {
      cwd: dir,
      env: systemEnv(),
      maxBuffer: 1 << 24,
    })
    expect(stdout + stderr).toMatch(/all came out right/)
  })
})

/**
 * The environment of a user at a shell: without this project's own Node, and without what an npm around the tests has set,
 * which would send the inner npm to the wrong configuration.
 */
function systemEnv(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  const path = (process.env.PATH ?? '').split(':').filter((part) => !part.includes('node_modules'))
  return { ...Object.fromEntries(own), PATH: path.join(':') }
}
