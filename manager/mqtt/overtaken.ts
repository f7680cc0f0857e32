import type { Client } from 'aedes'
import { SamaraError } from '../../shared/errors.ts'

/**
 * Keeps aedes from losing messages. It numbers what is published and drops whatever a client would get with a smaller number
 * than the last: meant for copies in a cluster. But a retained or QoS 1 message takes longer inside than one without, is
 * overtaken under load, and is then dropped as if it were a copy. One broker makes no copies; a client with overlapping
 * subscriptions may get one twice, as MQTT allows. [P-1.2]
 */
export function keepOvertaken(client: Client): void {
  if (!('duplicates' in client))
    throw new SamaraError('INTERNAL', 'broker: this version of aedes drops copies in another way')
  Object.defineProperty(client, 'duplicates', { value: new Proxy({}, { get: () => undefined, set: () => true }) })
}
