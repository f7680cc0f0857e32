import type { Command } from 'commander'
import { Registered, UserPage, type UserView } from '../api.ts'
import { path } from '../client.ts'
import { act, describe, flag, type Host, noun } from '../command.ts'
import { when } from '../format.ts'
import { list } from '../pages.ts'
import type { Column } from '../table.ts'
import { choice } from '../values.ts'

const columns: readonly Column<UserView>[] = [
  { title: 'USER', of: ({ id }) => id },
  { title: 'ROLE', of: ({ role }) => role },
  { title: 'CREATED', of: ({ createdMs }) => when(createdMs) },
]

export function users(parent: Command, host: Host): void {
  const all = noun(parent, 'users', {
    summary: 'people and programs that submit work',
    examples: [
      ['samara users add ada', 'lets ada submit work; prints the token once'],
      ['samara users list', 'shows who there is'],
    ],
  })
  act(
    describe(all, 'list', { summary: 'list users', examples: [['samara users list --json', 'for a program']] }),
    host,
    async (session) => {
      const rows = await list(session.client, UserPage, '/v1/users')
      session.show(rows, () => session.table(columns, rows))
    },
  )
  act<[string], { role: string }>(
    describe(all, 'add <name>', {
      summary: 'add a user, or give one a new token',
      examples: [
        ['samara users add ada', 'ada sees and stops her own work'],
        ['samara users add eve --role operator', 'eve may do everything'],
      ],
    }).addOption(flag('--role <role>', 'user or operator', choice(['user', 'operator'])).default('user')),
    host,
    async (session, { role }, id) => {
      const added = await session.client.post(Registered, '/v1/users', { id, role })
      session.show(added, ({ token }) => `${token}\n`)
      if (!session.isJson) session.note(`user ${id} (${role}): this is the token, and it is not shown again`)
    },
  )
  act<[string], object>(
    describe(all, 'rm <name>', {
      summary: 'remove a user',
      examples: [['samara users rm ada', "ada's token is worth nothing from now on"]],
    }),
    host,
    async (session, _flags, id) => {
      await session.client.remove(path`/v1/users/${id}`)
      session.show({ removed: id }, () => `user ${id} removed\n`)
    },
  )
}
