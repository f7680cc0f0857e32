import { createServer } from 'node:net'
import { Aedes } from 'aedes'
import { AEDES_SETTINGS } from '../../../manager/mqtt/broker.ts'

/** The bare broker: the settings of the embedded one, and nobody who decides or listens. */
const aedes = await Aedes.createBroker(AEDES_SETTINGS)
const server = createServer({ noDelay: true }, (socket) => {
  aedes.handle(socket)
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const address = server.address()
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : undefined }))
})
