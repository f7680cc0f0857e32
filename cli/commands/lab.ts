import { type Command, InvalidArgumentError } from 'commander'
import * as v from 'valibot'
import { type Client, path } from '../client.ts'
import { act, describe, flag, type Host, noun } from '../command.ts'
import {
  ChangeData,
  DEFAULT_LAB,
  FaultAnswer,
  LabAnswer,
  PropertyAnswer,
  seconds,
  TimeAnswer,
  TraceAnswer,
} from '../lab.ts'
import { runToEnd, settingsText } from '../programs.ts'
import type { Session } from '../session.ts'
import type { Column } from '../table.ts'
import { oneLine } from '../text.ts'
import { duration, integer, jsonOrText } from '../values.ts'
import { ask } from './lab-ask.ts'
import { boards, get } from './lab-boards.ts'
import { up } from './lab-up.ts'

type Property = { readonly part: string; readonly property: string; readonly value: unknown }

export function lab(parent: Command, host: Host): void {
  const all = noun(parent, 'lab', {
    summary: 'simulated hardware: start it, look at it, change it, break it',
    examples: [
      ['samara lab start examples/lab/cell.lab.yaml', 'runs until stopped; prints its socket and its address'],
      ['samara lab set line1-temp temperature=80', 'it gets hot'],
      ['samara lab fault i2c-1 nack --count 3', 'three operations are not acknowledged'],
      ['samara lab start-board mcu-1', 'a simulated board of its lab file runs'],
    ],
  }).option('--lab <url>', `HTTP address of the lab; SAMARA_LAB_URL (default: ${DEFAULT_LAB})`)
  start(all, host)
  for (const add of [up, show, get, setProperty, press, boards, fault, clear, advance, trace, watch]) add(all, host)
}

function start(all: Command, host: Host): void {
  const command = describe(all, 'start <file> [settings...]', {
    summary: 'run the lab of a file, until stopped',
    more: 'Prints the Unix socket for proplets and the address of its HTTP interface. Flags after the file are its settings.',
    examples: [
      ['samara lab start examples/lab/cell.lab.yaml', 'HTTP on 127.0.0.1:7071'],
      [
        'samara lab start cell.lab.yaml --socket ./cell.sock --broker mqtt://127.0.0.1:1883',
        'controlled over MQTT too',
      ],
    ],
  })
  command.allowUnknownOption().addHelpText('after', () => `\n${settingsText('lab')}`)
  act<[string, string[]], object>(command, host, (session) =>
    runToEnd(session.io, 'lab', host.args.slice(host.args.indexOf('start') + 1)),
  )
}

const columns: readonly Column<LabAnswer['parts'][number]>[] = [
  { title: 'PART', of: ({ name }) => name },
  { title: 'CHIP', of: ({ chip }) => chip },
  { title: 'PLACE', of: ({ places }) => places.join(', ') },
  {
    title: 'PROPERTIES',
    of: ({ properties }) =>
      properties.map(({ name, value, unit = '' }) => `${name}=${value}${unit && ` ${unit}`}`).join(', '),
  },
]

function show(all: Command, host: Host): void {
  const described = {
    summary: 'show the parts of a lab, their properties and what goes wrong',
    examples: [
      ['samara lab show', 'as a table'],
      ['samara lab show --json', 'with what each property means'],
    ],
  } as const
  ask(all, host, 'show', described, async (session, client) => {
    const found = await client.get(LabAnswer, '/v1/lab')
    session.show(
      found,
      () => `${headOf(found)}${session.table(columns, found.parts)}${boardsOf(found)}${faultsOf(found)}`,
    )
  })
}

const headOf = ({ name, virtualTime, nowUs }: LabAnswer): string =>
  `${name}, ${virtualTime ? 'virtual' : 'real'} time ${seconds(nowUs)}\n`

const boardsOf = ({ boards = [] }: LabAnswer): string =>
  boards
    .map(
      ({ name, kind, state, detail }) =>
        `board ${name}: ${kind}, ${state}${detail === undefined ? '' : `: ${detail}`}\n`,
    )
    .join('')

const faultsOf = ({ faults }: LabAnswer): string =>
  faults
    .map(({ id, on, kind, left }) => `fault ${id}: ${kind} on ${on}${left === undefined ? '' : `, ${left} more`}\n`)
    .join('')

/** `temperature=80` */
function assignment(text: string): Omit<Property, 'part'> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Expected PROPERTY=VALUE.')
  return { property: text.slice(0, at), value: jsonOrText(text.slice(at + 1)) }
}

async function put(session: Session, client: Client, wanted: readonly Property[]): Promise<void> {
  const done: Property[] = []
  for (const { part, property, value } of wanted) {
    const where = path`/v1/parts/${part}/properties/${property}`
    done.push({ part, property, value: (await client.put(PropertyAnswer, where, { value })).value })
  }
  session.show(done, () => done.map(({ part, property, value }) => `${part} ${property}=${value}\n`).join(''))
}

function setProperty(all: Command, host: Host): void {
  const described = {
    summary: 'set properties of a part',
    examples: [['samara lab set line1-temp temperature=80 humidity=10', 'as the room would']],
  } as const
  ask<[string, string[]]>(all, host, 'set <part> <properties...>', described, (session, client, _flags, part, texts) =>
    put(
      session,
      client,
      texts.map((text) => ({ part, ...assignment(text) })),
    ),
  )
}

function press(all: Command, host: Host): void {
  for (const [name, value, says] of [
    ['press', true, 'hold a button down'],
    ['release', false, 'let a button go'],
  ] as const) {
    const described = {
      summary: says,
      examples: [[`samara lab ${name} estop`, 'sets its property `pressed`']],
    } as const
    ask<[string]>(all, host, `${name} <part>`, described, (session, client, _flags, part) =>
      put(session, client, [{ part, property: 'pressed', value }]),
    )
  }
}

function fault(all: Command, host: Host): void {
  const described = {
    summary: 'make something go wrong on a bus, or with one part',
    more: 'Kinds: nack, nack-data, timeout, stuck, arbitration-lost, overrun, mode-fault, stall, no-device; each bus has some of them.',
    examples: [
      ['samara lab fault i2c-1 nack', 'nobody acknowledges, until it is cleared'],
      ['samara lab fault line1-temp nack-data --count 1', 'once, and of this part alone'],
    ],
  } as const
  const command = ask<[string, string], { count?: number }>(
    all,
    host,
    'fault <where> <kind>',
    described,
    async (session, client, { count }, on, kind) => {
      const made = await client.post(FaultAnswer, '/v1/faults', { on, kind, ...(count !== undefined && { count }) })
      session.show({ ...made, on, kind }, () => `fault ${made.fault}: ${kind} on ${on}\n`)
    },
  )
  command.addOption(flag('-c, --count <n>', 'operations that it strikes; all until cleared', integer(1, 0xffff_ffff)))
}

function clear(all: Command, host: Host): void {
  const described = {
    summary: 'end faults: all, or those of a bus or part',
    examples: [
      ['samara lab clear', 'all is well again'],
      ['samara lab clear i2c-1', 'on this bus'],
    ],
  } as const
  ask<[string | undefined]>(all, host, 'clear [where]', described, async (session, client, _flags, on) => {
    await client.remove(on === undefined ? '/v1/faults' : `/v1/faults?${new URLSearchParams({ on })}`)
    session.show({ cleared: on ?? 'all' }, ({ cleared }) => `faults cleared: ${cleared}\n`)
  })
}

function advance(all: Command, host: Host): void {
  const described = {
    summary: 'move the time of a lab on, where it is virtual',
    examples: [['samara lab advance 10s', 'ten seconds pass at once']],
  } as const
  const command = ask<[number]>(all, host, 'advance', described, async (session, client, _flags, ms) => {
    const done = await client.post(TimeAnswer, '/v1/time/advance', { ms })
    session.show(done, ({ nowUs }) => `${seconds(nowUs)}\n`)
  })
  command.argument('<time>', 'as 500ms, 10s or 5m', duration)
}

function trace(all: Command, host: Host): void {
  const described = {
    summary: 'show what went over the buses, as an analyser on the wires writes it',
    examples: [['samara lab trace --bus i2c-1', 'of one bus']],
  } as const
  const command = ask<[], { bus?: string; after?: number }>(
    all,
    host,
    'trace',
    described,
    async (session, client, { bus, after }) => {
      const found = await client.get(TraceAnswer, '/v1/trace', { query: { bus, after } })
      session.show(found.trace, (rows) =>
        rows.map(({ seq, atUs, bus, wire }) => `${seq}  ${seconds(atUs)}  ${bus}  ${oneLine(wire)}\n`).join(''),
      )
    },
  )
  command.option('--bus <bus>', 'of one bus')
  command.addOption(flag('--after <n>', 'after the row of this number', integer(0, Number.MAX_SAFE_INTEGER)))
}

function watch(all: Command, host: Host): void {
  const described = {
    summary: 'show properties as they change, until stopped',
    examples: [['samara lab watch motor-1', 'of one part']],
  } as const
  ask<[string | undefined]>(all, host, 'watch [part]', described, async (session, client, _flags, part) => {
    for await (const { data } of client.events('/v1/events', { query: { part }, signal: session.io.signal })) {
      const change = v.parse(ChangeData, JSON.parse(data))
      session.line(change, () => oneLine(`${seconds(change.atUs)}  ${change.part}  ${change.property}=${change.value}`))
    }
  })
}
