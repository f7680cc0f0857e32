import type { IncomingName } from '../../outbound.ts'
import type { Delivery } from '../link.ts'
import { ack } from './ack.ts'
import { cancel } from './cancel.ts'
import { desired } from './desired.ts'
import { lease } from './lease.ts'
import type { Handler, Parts } from './parts.ts'
import { pulled } from './pulled.ts'
import { push } from './push.ts'
import { start } from './start.ts'
import { welcome } from './welcome.ts'

const handlers: { readonly [K in IncomingName]: Handler<K> } = {
  ack,
  cancel,
  desired,
  lease,
  pulled,
  push,
  start,
  welcome,
}

/** The one dispatch of what the manager says. */
export function dispatch(delivery: Delivery, parts: Parts): void {
  const handler = handlers[delivery.name] as Handler<typeof delivery.name>
  handler(delivery.message as never, parts)
}
