import { bool, text, uint } from '../../../shared/schema.ts'
import { may, need, object } from '../described.ts'

const file = text({ max: 64 * 1024 * 1024 })

export const VersionInfo = object('release', 'What answers here.', {
  name: need(text({ max: 16 }), 'samara.'),
  version: need(text({ max: 64 }), 'Release.'),
  protocol: need(uint(16), 'Protocol that proplets speak with it.'),
  incarnation: need(uint(53), 'Of the data directory; a restored one has a larger one.'),
})
export const Health = object('health', 'Whether the process answers.', { alive: need(bool, 'True.') })
export const Readiness = object('readiness', 'Whether work can be taken.', {
  broker: need(bool, 'Connected and subscribed.'),
  store: need(bool, 'A commit reaches the disk.'),
})
export const BackupBody = object('backup', 'Where to write to.', {
  dir: may(
    text({
      min: 1,
      max: 64,
      pattern: /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/,
      rule: 'a name of A-Z a-z 0-9 . _ -',
    }),
    'Name of a new folder below `backups` in the data directory. The time where it is left out.',
  ),
})
export const BackupView = object('backup-written', 'A backup.', { path: need(text({ max: 4_096 }), 'Its folder.') })
export const MosquittoQuery = object('query', 'Where the files will be.', {
  dir: may(
    text({
      min: 1,
      max: 256,
      pattern: /^\/[A-Za-z0-9._/ -]*$/,
      rule: 'an absolute path of A-Z a-z 0-9 . _ / - and spaces',
    }),
    'Folder in which the broker will find them. /mosquitto/config where it is left out.',
  ),
})
export const MosquittoView = object('mosquitto', 'Configuration of an external broker.', {
  passwd: need(file, 'Password file.'),
  acl: need(file, 'Access list.'),
  conf: need(file, 'Configuration file.'),
  manager: need(
    object('broker-login', 'What the manager connects with.', {
      username: need(text({ max: 256 }), 'broker-username'),
      password: need(text({ max: 256 }), 'broker-password'),
    }).type,
    'What the manager itself connects with: its settings broker-username and broker-password.',
  ),
})
