import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { parseConfig } from '../../manager/config.ts'
import { startManager } from '../../manager/start.ts'
import { realClock } from '../../shared/clock.ts'
import { createAuthority } from './certificates.ts'
import { quiet } from './quiet.ts'
import { tempFolder } from './system.ts'

const usage = () => ({ memory: { rss: 0, heapUsed: 0 }, cpu: { user: 0, system: 0 }, uptimeSeconds: 0 })

/** A manager whose listeners want TLS, with a certificate of an authority of its own. */
export async function securedManager() {
  const dir = await tempFolder()
  const { ca, issue } = createAuthority(dir)
  const files = { ca, ...issue('manager') }
  const config = parseConfig({
    argv: [
      '--http-port',
      '0',
      '--mqtt-port',
      '0',
      '--data',
      join(dir, 'data'),
      '--tls-cert',
      files.cert,
      '--tls-key',
      files.key,
    ],
  })
  const running = await startManager({
    config,
    version: '0.0.0',
    clock: realClock,
    log: quiet,
    readFile: (path) => readFileSync(path),
    usage,
  })
  onTestFinished(() => running.close())
  return { ...running, ...files, dir }
}
