import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { invalid } from '../../shared/errors.ts'

export type BrokerAddress = { readonly host: string; readonly port: number; readonly tls: boolean }

export type TlsFiles = { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }

/** `mqtt://host:1883` or `mqtts://host:8883`; throws INVALID_ARGUMENT. */
export function parseBroker(url: string): BrokerAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const tls = parsed?.protocol === 'mqtts:'
  if (!parsed?.hostname || !(tls || parsed.protocol === 'mqtt:'))
    throw invalid('broker', url, 'mqtt://host:port or mqtts://host:port')
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  return { host, port: parsed.port === '' ? (tls ? 8883 : 1883) : Number(parsed.port), tls }
}

/** A socket to the broker. Without TCP_NODELAY a QoS 1 round trip takes 40 ms and more. [P-1.1] */
export function openSocket(address: BrokerAddress, files: TlsFiles): Socket {
  const { host, port } = address
  if (!address.tls) return connectTcp({ host, port, noDelay: true })
  const socket = connectTls({ host, port, ...files, ...(isIP(host) === 0 && { servername: host }) })
  return socket.setNoDelay(true)
}
