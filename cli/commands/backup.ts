import type { Command } from 'commander'
import { BackupView } from '../api.ts'
import { act, describe, type Host } from '../command.ts'
import { runManager } from '../programs.ts'

export function backup(parent: Command, host: Host): void {
  const command = describe(parent, 'backup [name]', {
    summary: 'write a backup while the manager runs',
    more: 'The manager writes it, below its own data directory; what is printed is a path on its machine.',
    examples: [
      ['samara backup', 'named after the time'],
      ['samara backup before-upgrade', 'in a folder of this name'],
    ],
  })
  act<[string | undefined], object>(command, host, async (session, _flags, name) => {
    const written = await session.client.post(BackupView, '/v1/backup', name === undefined ? {} : { dir: name })
    session.show(written, ({ path }) => `${path}\n`)
  })
}

export function restore(parent: Command, host: Host): void {
  const command = describe(parent, 'restore <backup> <dir>', {
    summary: 'make a data directory of a backup, on this machine',
    more: 'DIR must be empty or not be there. Proplets notice that it is another state and follow it.',
    examples: [['samara restore ./data/backups/before-upgrade ./data-new', 'then: samara up --data-dir ./data-new']],
  })
  act<[string, string], object>(command, host, async (session, _flags, from, dir) => {
    // It says where on its standard output, which is ours to write.
    const io = { ...session.io, out: { ...session.io.out, write: () => undefined } }
    const code = await runManager(io, ['restore', from, dir], { signal: io.signal })
    if (code === 0) session.show({ restored: from, dir }, () => `${dir}\n`)
    return code
  })
}
