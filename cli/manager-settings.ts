import type { Io } from './io.ts'

/** What of the manager's settings its starter must know: where it listens, and where its data is. */
export type ManagerPlace = {
  readonly url: string
  readonly broker: string
  readonly dataDir: string
}

/** The value of a setting as the manager will read it: flag before environment before default. */
function setting(args: readonly string[], io: Io, name: string, initial: string): string {
  const flag = `--${name}`
  const at = args.findLastIndex((one) => one === flag || one.startsWith(`${flag}=`))
  const given = at < 0 ? undefined : args[at]?.startsWith(`${flag}=`) ? args[at]?.slice(flag.length + 1) : args[at + 1]
  return given || io.env[`SAMARA_${name.replaceAll('-', '_').toUpperCase()}`] || initial
}

/** An address that is for everybody is reached on this machine too. */
const reachable = (host: string): string => {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

export function managerPlace(args: readonly string[], io: Io): ManagerPlace {
  const get = (name: string, initial: string) => setting(args, io, name, initial)
  const isTls = get('tls-cert', '') !== ''
  const http = `${reachable(get('http-host', '127.0.0.1'))}:${get('http-port', '7070')}`
  const mqtt = `${reachable(get('mqtt-host', '127.0.0.1'))}:${get('mqtt-port', '1883')}`
  return {
    url: `${isTls ? 'https' : 'http'}://${http}`,
    broker: get('broker', '') || `${isTls ? 'mqtts' : 'mqtt'}://${mqtt}`,
    dataDir: get('data', './data'),
  }
}
