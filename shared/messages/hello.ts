import { DeviceReport, MAX_DEVICES } from '../capabilities.ts'
import { bootId, formats, labels } from '../fields.ts'
import { bytes, field, type Infer, list, message, numbered, optional, text, uint } from '../schema.ts'

/** First message of every connection of a proplet. [P-3.1] */
export const Hello = message('hello', 'What a proplet is and can; the first message of each connection. [P-3.1]', {
  protocolMin: field(1, uint(8), 'Oldest protocol it speaks.'),
  protocolMax: field(2, uint(8), 'Newest protocol it speaks.'),
  boot: field(3, bootId, 'Random per start of the agent: another one means that running work is gone.'),
  epoch: field(4, uint(32), 'Random per connection; a start for another epoch is refused. [P-3.3]'),
  aliveMs: field(5, uint(32), 'Interval at which it promises to be heard. [P-3.4]'),
  software: field(6, text({ max: 32 }), 'Name and version of the agent.'),
  arch: field(7, text({ max: 16 }), 'Processor, as Node and Zephyr name it.'),
  formats: field(8, list(numbered(formats), { max: 4 }), 'Image formats it loads.'),
  slots: field(9, uint(16), 'Attempts that it runs at a time.'),
  queue: field(10, uint(16), 'Attempts that it holds waiting beside them.'),
  maxPacket: field(11, uint(32), 'Bytes of the largest MQTT packet it can receive.'),
  maxImage: field(12, uint(32), 'Bytes of the largest image it can hold.'),
  memory: field(13, uint(53), 'Bytes of linear memory that one instance may have.'),
  labels: optional(14, labels, 'Labels of its own configuration; those that the manager has for it go first.'),
  cached: optional(15, list(bytes({ min: 8, max: 8 }), { max: 16 }), 'First 8 bytes of digests of images it holds.'),
  interfaces: optional(
    16,
    list(text({ max: 48 }), { max: 32 }),
    'WIT interfaces that it offers beside WASI 0.2, without version: `wasi:i2c/i2c`. [P-10.1]',
  ),
  devices: optional(17, list(DeviceReport, { max: MAX_DEVICES }), 'Devices of its profile. [P-10.1]'),
  triggers: optional(
    18,
    list(text({ max: 16 }), { max: 8 }),
    'Triggers of deployments that it knows beside boot, every and on-request. [P-7.3]',
  ),
})
export type Hello = Infer<typeof Hello>
