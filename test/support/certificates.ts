import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** An authority of a test's own, made by openssl in a folder. */
export type Authority = {
  /** PEM file of its certificate. */
  readonly ca: string
  /** A certificate for 127.0.0.1 and its key, as PEM files. */
  issue(name: string): { readonly cert: string; readonly key: string }
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
const DAYS = ['-days', '2']

export function createAuthority(dir: string, name = 'factory'): Authority {
  const file = (end: string) => join(dir, `${name}-${end}`)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  const [ca, caKey] = [file('ca.pem'), file('ca.key')]
  openssl('req', '-x509', ...CURVE, '-keyout', caKey, '-out', ca, ...DAYS, '-subj', `/CN=${name}`)
  return {
    ca,
    issue(subject) {
      const [cert, key, request, extension] = ['pem', 'key', 'csr', 'cnf'].map((end) => file(`${subject}.${end}`)) as [
        string,
        string,
        string,
        string,
      ]
      writeFileSync(extension, 'subjectAltName=IP:127.0.0.1')
      openssl('req', ...CURVE, '-keyout', key, '-out', request, '-subj', `/CN=${subject}`)
      const signed = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-extfile', extension]
      openssl('x509', '-req', '-in', request, ...signed, '-out', cert, ...DAYS)
      return { cert, key }
    },
  }
}
