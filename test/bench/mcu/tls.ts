import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'

/** TLS before a broker that has none. */
export type Front = { readonly port: number; readonly cert: string; close(): void }

export async function tlsBefore(port: number, dir: string): Promise<Front> {
  const [key, cert] = ['key', 'pem'].map((end) => join(dir, `front-${port}.${end}`)) as [string, string]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-keyout', key, '-out', cert], { stdio: 'pipe' })
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    const broker = connect(port, '127.0.0.1')
    socket.pipe(broker).pipe(socket)
    // One side that breaks ends the other.
    for (const [one, other] of [
      [socket, broker],
      [broker, socket],
    ] as const)
      one.on('error', () => other.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cert,
    close: () => server.close(),
  }
}
