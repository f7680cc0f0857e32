import { DeviceReport, MAX_DEVICES } from '../../../shared/capabilities.ts'
import { formats, labels, propletName, userName } from '../../../shared/fields.ts'
import { livenessStates } from '../../../shared/proplet.ts'
import { bool, list, numbered, text, uint } from '../../../shared/schema.ts'
import type { LiveProplet } from '../../services/proplets.ts'
import { roles, type UserRecord } from '../../store/store.ts'
import { may, need, object, type ValueOf } from '../described.ts'
import { time } from './common.ts'

export const PropletView = object('proplet', 'A machine that runs functions.', {
  id: need(propletName, 'Name.'),
  liveness: need(numbered(livenessStates), 'How it is heard.'),
  connected: need(bool, 'Whether its connection is up.'),
  conflicting: need(bool, 'Whether two devices use this id.'),
  labels: need(labels, "Its own labels, and before them the operator's."),
  formats: need(list(numbered(formats), { max: 8 }), 'Forms of modules that it loads.'),
  slots: need(uint(32), 'Attempts that it runs at a time.'),
  queue: need(uint(32), 'Attempts that it holds waiting beside them.'),
  assigned: need(uint(32), 'Attempts that it has been given.'),
  running: need(uint(32), 'Attempts and deployments that it runs, as it said last.'),
  queued: need(uint(32), 'Attempts that wait there, as it said last.'),
  memoryBytes: need(uint(53), 'Linear memory that one instance may have.'),
  maxImageBytes: need(uint(53), 'Largest image that it can hold.'),
  interfaces: need(list(text({ max: 48 }), { max: 32 }), 'WIT interfaces that it offers beside WASI 0.2.'),
  devices: need(list(DeviceReport, { max: MAX_DEVICES }), 'Devices of its profile.'),
  triggers: need(
    list(text({ max: 16 }), { max: 8 }),
    'Triggers of deployments that it knows beside those that all know.',
  ),
  software: may(text({ max: 32 }), 'Name and version of its agent.'),
  arch: may(text({ max: 16 }), 'Processor.'),
  aliveMs: may(uint(32), 'Interval at which it promises to be heard.'),
  lastSeenMs: may(time, 'When it was heard last.'),
  createdMs: need(time, 'When it was registered.'),
})

export const NewPropletBody = object('new-proplet', 'A proplet to register.', {
  id: need(propletName, 'Name; its MQTT user name and client id too.'),
  labels: may(labels, 'What selectors can ask for.'),
})
export const RegisteredView = object('registered', 'A name and its token, which is not shown again.', {
  id: need(text({ max: 48 }), 'Name.'),
  token: need(text({ max: 256 }), 'Password at the broker, or bearer token.'),
})
export const LabelsBody = object('labels', 'Labels in place of those that were set before.', {
  labels: need(labels, 'What selectors can ask for.'),
})

export const UserView = object('user', 'Somebody who submits work.', {
  id: need(userName, 'Name.'),
  role: need(numbered(roles), 'What they may do.'),
  createdMs: need(time, 'Since when.'),
})
export const NewUserBody = object('new-user', 'A user to add.', {
  id: need(userName, 'Name.'),
  role: may(numbered(roles), '`user` where it is left out.'),
})

export function propletView(one: LiveProplet): ValueOf<typeof PropletView> {
  const { id, liveness, connected, conflicting, labels: known, formats: loads, slots, queue } = one
  const { assigned, running, queued, memoryBytes, maxImageBytes, interfaces, devices, triggers, hello } = one
  return {
    ...{ id, liveness, connected, conflicting, labels: known, formats: loads, slots, queue },
    ...{ assigned, running, queued, memoryBytes, maxImageBytes, interfaces, devices, triggers },
    lastSeenMs: one.lastSeenMs,
    ...(hello && { software: hello.software, arch: hello.arch, aliveMs: hello.aliveMs }),
    createdMs: one.record.createdMs,
  }
}

export const userView = ({ id, role, createdMs }: UserRecord): ValueOf<typeof UserView> => ({ id, role, createdMs })
