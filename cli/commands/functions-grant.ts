import type { Command } from 'commander'
import type { Grant } from '../../shared/capabilities.ts'
import { GrantsView } from '../api.ts'
import { path } from '../client.ts'
import { act, describe, flag, type Host } from '../command.ts'
import { when } from '../format.ts'
import { chosenGrants, consent, GRANT_FORM, grantOf, grantRows } from '../grants.ts'
import type { Session } from '../session.ts'
import { referenceOf } from './functions.ts'

type Flags = {
  readonly asked?: boolean
  readonly none?: boolean
  readonly device?: readonly Grant[]
  readonly yes?: boolean
}

/** `functions grant`: which devices the tasks of a version may use. */
export function grant(all: Command, host: Host): void {
  const command = describe(all, 'grant <name>', {
    summary: 'say which devices the tasks of a version may use, or show it',
    more: [
      'It is for this version alone: a new one may nothing. What is given here goes in place of what was there.',
      'A deployment has grants of its own: samara deploy --grant.',
    ].join('\n'),
    examples: [
      ['samara functions grant thermostat', 'what it asks for, and what it may'],
      ['samara functions grant thermostat --asked', 'what it asks for, after a question'],
      ['samara functions grant thermostat@3 --device line1-temp:i2c:read:10/s --yes', 'this one device'],
      ['samara functions grant thermostat --none', 'nothing any more'],
    ],
  })
    .option('--asked', 'what the function asks for')
    .addOption(
      flag<readonly Grant[]>('--device <grant>', `${GRANT_FORM}; several times`, (text, before = []) => [
        ...before,
        grantOf(text),
      ]),
    )
    .option('--none', 'nothing')
    .option('-y, --yes', 'do not ask')
  act<[string], Flags>(command, host, async (session, flags, target) => {
    const { name, reference } = referenceOf(target)
    const where = path`/v1/functions/${name}/versions/${reference}/grants`
    const now = await session.client.get(GrantsView, where)
    const { asked, none, device: grants = [], yes } = flags
    if (!asked && !none && grants.length === 0) return session.show(now, () => card(session, now))
    const wanted = { grants, ...(asked && { asked }), ...(none && { none }) }
    const chosen = chosenGrants(name, wanted, now.asked)
    await consent(session, { what: `${name} version ${now.version}`, grants: chosen, yes })
    // The version that was shown is the one that is meant, whatever becomes of its alias meanwhile.
    const pinned = path`/v1/functions/${name}/versions/${now.version}/grants`
    const given = await session.client.put(GrantsView, pinned, { grants: chosen })
    session.show(given, () => card(session, given))
  })
}

const card = (session: Session, { function: name, version, asked, grants, ...who }: GrantsView): string =>
  session.details([
    ['function', `${name}@${version}`],
    ...grantRows('asks for', asked),
    ...grantRows('may', grants),
    ['granted by', who.grantedBy],
    ['granted', when(who.grantedMs)],
  ])
