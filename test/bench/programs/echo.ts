import { connect } from '../client.ts'

/** Answers every message on `ask` with its first bytes on `answer`, at QoS 1. */
const ANSWERED_BYTES = 256

const client = await connect(Number(process.argv[2]), 'echo')
client.on('message', (_topic, payload) => {
  client.publish('answer', payload.subarray(0, ANSWERED_BYTES), { qos: 1 })
})
await client.subscribeAsync('ask', { qos: 1 })
console.log('ready')
