import type { Command } from 'commander'
import { SamaraError } from '../../shared/errors.ts'
import { path } from '../client.ts'
import type { Host } from '../command.ts'
import { BoardAnswer, type LabAnswer, LabAnswer as LabShape, PropertyAnswer } from '../lab.ts'
import type { Column } from '../table.ts'
import { ask } from './lab-ask.ts'

/** Simulated boards of a lab, and what one part says. */

type Board = NonNullable<LabAnswer['boards']>[number]

const columns: readonly Column<Board>[] = [
  { title: 'BOARD', of: ({ name }) => name },
  { title: 'KIND', of: ({ kind }) => kind },
  { title: 'PROPLET', of: ({ proplet }) => proplet },
  { title: 'STATE', of: ({ state, detail }) => (detail === undefined ? state : `${state}: ${detail}`) },
]

export function boards(all: Command, host: Host): void {
  const described = {
    summary: 'list the simulated boards of a lab, and how they stand',
    examples: [['samara lab boards', 'a board is a proplet too: samara proplets show mcu-1']],
  } as const
  ask(all, host, 'boards', described, async (session, client) => {
    const { boards = [] } = await client.get(LabShape, '/v1/lab')
    session.show(boards, () => session.table(columns, boards))
  })
  for (const [name, verb, says] of [
    ['start-board', 'start', 'start a simulated board, and wait until it runs'],
    ['stop-board', 'stop', 'stop a simulated board'],
  ] as const) {
    const of = { summary: says, examples: [[`samara lab ${name} mcu-1`, 'its parts are in samara lab show']] } as const
    ask<[string]>(all, host, `${name} <board>`, of, async (session, client, _flags, board) => {
      const done = await client.post(BoardAnswer, `${path`/v1/boards/${board}`}/${verb}`, {})
      session.show(done.board, ({ name, state }) => `${name} ${state}\n`)
    })
  }
}

export function get(all: Command, host: Host): void {
  const described = {
    summary: 'show properties of one part',
    examples: [
      ['samara lab get lamp', 'whether it shines'],
      ['samara lab get line1-temp temperature', 'the value alone'],
    ],
  } as const
  ask<[string, string | undefined]>(
    all,
    host,
    'get <part> [property]',
    described,
    async (session, client, _, part, one) => {
      if (one !== undefined) {
        const { value } = await client.get(PropertyAnswer, path`/v1/parts/${part}/properties/${one}`)
        return session.show(value, (shown) => `${shown}\n`)
      }
      const properties = propertiesOf(await client.get(LabShape, '/v1/lab'), part)
      session.show(properties, (all) =>
        all.map(({ name, value, unit = '' }) => `${part} ${name}=${value}${unit && ` ${unit}`}\n`).join(''),
      )
    },
  )
}

function propertiesOf({ parts, boards = [] }: LabAnswer, name: string): LabAnswer['parts'][number]['properties'] {
  const part = parts.find((one) => one.name === name)
  if (!part)
    throw new SamaraError(
      'NOT_FOUND',
      `part ${name} does not exist; there are ${parts.map((one) => one.name).join(', ')}`,
    )
  const board = boards.find((one) => part.places.some((place) => place.startsWith(`${one.name} `)))
  if (board && board.state !== 'running')
    throw new SamaraError('FAILED_PRECONDITION', `part ${name}: its board ${board.name} is ${board.state}`)
  return part.properties
}
