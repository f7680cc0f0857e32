import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** An authority of a test's own, made by openssl in a folder. */
export type Authority = {
  /** PEM file of its certificate. */
  readonly ca: string
  /** A certificate for these names and its key, as PEM files. @default 127.0.0.1 */
  issue(name: string, names?: string): { readonly cert: string; readonly key: string }
}

const KEYS = {
  curve: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
  rsa: ['-newkey', 'rsa:2048', '-nodes'],
} as const
const DAYS = ['-days', '2']

export function createAuthority(dir: string, name = 'factory', kind: keyof typeof KEYS = 'curve'): Authority {
  const newKey = KEYS[kind]
  const file = (end: string) => join(dir, `${name}-${end}`)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  const [ca, caKey] = [file('ca.pem'), file('ca.key')]
  openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', ca, ...DAYS, '-subj', `/CN=${name}`)
  return {
    ca,
    issue(subject, names = 'IP:127.0.0.1') {
      const [cert, key, request, extension] = ['pem', 'key', 'csr', 'cnf'].map((end) => file(`${subject}.${end}`)) as [
        string,
        string,
        string,
        string,
      ]
      writeFileSync(extension, `subjectAltName=${names}`)
      openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${subject}`)
      const signed = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-extfile', extension]
      openssl('x509', '-req', '-in', request, ...signed, '-out', cert, ...DAYS)
      return { cert, key }
    },
  }
}
