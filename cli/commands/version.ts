import type { Command } from 'commander'
import { isSamaraError } from '../../shared/errors.ts'
import { VersionInfo } from '../api.ts'
import { act, describe, type Host } from '../command.ts'
import { packageVersion } from '../programs.ts'

export function version(parent: Command, host: Host): void {
  const command = describe(parent, 'version', {
    summary: 'show the version of this command and of the manager',
    examples: [['samara version --json', 'for a program']],
  })
  act(command, host, async (session) => {
    const manager = await session.client.get(VersionInfo, '/v1/version').catch((error: unknown) => {
      if (isSamaraError(error) && error.code === 'UNAVAILABLE') return undefined
      throw error
    })
    const found = { cli: packageVersion(), node: process.versions.node, ...(manager && { manager }) }
    session.show(found, () =>
      session.details([
        ['samara', found.cli],
        ['node', found.node],
        ['manager', manager?.version ?? `not reached at ${session.client.url}`],
        ['protocol', manager?.protocol],
      ]),
    )
  })
}
