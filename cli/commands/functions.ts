import type { Command } from 'commander'
import { anything, FunctionPage, FunctionVersionView, FunctionView, type VersionView } from '../api.ts'
import { path } from '../client.ts'
import { act, describe, type Host, noun } from '../command.ts'
import { pairs, shortDigest, size, when } from '../format.ts'
import { manifestText } from '../manifest-text.ts'
import { list } from '../pages.ts'
import type { Session } from '../session.ts'
import type { Column } from '../table.ts'
import { nameOfFile, upload } from '../upload.ts'
import { integer } from '../values.ts'
import { grant } from './functions-grant.ts'

const functionColumns: readonly Column<FunctionView>[] = [
  { title: 'FUNCTION', of: ({ name }) => name },
  { title: 'VERSION', of: ({ latest }) => latest, align: 'right' },
  { title: 'ALIASES', of: ({ aliases }) => aliasText(aliases) },
  { title: 'CREATED', of: ({ createdMs }) => when(createdMs) },
]

const versionColumns: readonly Column<VersionView>[] = [
  { title: 'VERSION', of: ({ version }) => version, align: 'right' },
  { title: 'KIND', of: ({ kind }) => kind },
  { title: 'SIZE', of: ({ sizeBytes }) => size(sizeBytes), align: 'right' },
  { title: 'ARTEFACT', of: ({ artefact }) => shortDigest(artefact) },
  { title: 'CREATED', of: ({ createdMs }) => when(createdMs) },
  { title: 'BY', of: ({ createdBy }) => createdBy },
]

const aliasText = (aliases: Readonly<Record<string, number>> | undefined): string | undefined =>
  pairs(Object.fromEntries(Object.entries(aliases ?? {}).map(([alias, version]) => [alias, `${version}`])))

export function functions(parent: Command, host: Host): void {
  const all = noun(parent, 'functions', {
    summary: 'named code and its versions',
    examples: [
      ['samara functions add line-stats.wasm --name line-stats', 'keeps a module as a new version'],
      ['samara functions list', 'shows what there is'],
    ],
  })
  add(all, host)
  act(
    describe(all, 'list', {
      summary: 'list functions',
      examples: [['samara functions list', 'names, newest versions and aliases']],
    }),
    host,
    async (session) => {
      const rows = await list(session.client, FunctionPage, '/v1/functions')
      session.show(rows, () => session.table(functionColumns, rows))
    },
  )
  show(all, host)
  alias(all, host)
  grant(all, host)
  act<[string], object>(
    describe(all, 'rm <name>', {
      summary: 'remove a function and its versions',
      more: 'Tasks and deployments that have one of its versions go on.',
      examples: [['samara functions rm line-stats', 'nobody can call it from now on']],
    }),
    host,
    async (session, _flags, name) => {
      await session.client.remove(path`/v1/functions/${name}`)
      session.show({ removed: name }, () => `function ${name} removed\n`)
    },
  )
}

function add(all: Command, host: Host): void {
  const command = describe(all, 'add <file>', {
    summary: 'keep a module as a new version of a function',
    more: 'The same module as the newest version is that version again.',
    examples: [
      ['samara functions add stats.wasm', 'as the function stats'],
      ['samara functions add stats.wasm --name line-stats --alias prod', 'and moves the alias prod to it'],
      ['samara functions add thermostat.wasm --devices devices.yaml', 'with the devices that it asks for'],
    ],
  })
    .option('-n, --name <name>', 'function (default: name of the file)')
    .option('-a, --alias <alias>', 'alias to move to it, beside latest')
    .option('--devices <file>', 'devices that it asks for (YAML or JSON), in place of those in the module')
  act<[string], { name?: string; alias?: string; devices?: string }>(command, host, async (session, flags, file) => {
    const name = flags.name ?? nameOfFile(file)
    const added = await upload(session, { file, name, alias: flags.alias, devices: flags.devices })
    session.show(added, () => `${name} version ${added.version}: ${added.kind}, ${size(added.sizeBytes)}\n`)
  })
}

function show(all: Command, host: Host): void {
  const command = describe(all, 'show <name>', {
    summary: 'show a function, its versions, and what one of them is',
    examples: [
      ['samara functions show line-stats', 'versions, and exports of the newest'],
      ['samara functions show line-stats@prod', 'exports of the one that prod names'],
    ],
  })
  act<[string], object>(command, host, async (session, _flags, target) => {
    const { name, reference } = referenceOf(target)
    const [found, version] = await Promise.all([
      session.client.get(FunctionView, path`/v1/functions/${name}`),
      session.client.get(FunctionVersionView, path`/v1/functions/${name}/versions/${reference}`),
    ])
    session.show({ ...found, shown: version }, () => functionText(session, found, version))
  })
}

function functionText(session: Session, found: FunctionView, version: FunctionVersionView): string {
  const head = session.details([
    ['function', found.name],
    ['aliases', aliasText(found.aliases)],
  ])
  const versions = found.versions ? `\n${session.table(versionColumns, found.versions)}` : ''
  return `${head}${versions}\nversion ${version.version}\n${manifestText(session, version)}`
}

function alias(all: Command, host: Host): void {
  const command = describe(all, 'alias <name> <alias> <version>', {
    summary: 'make an alias name a version',
    more: 'What is deployed or submitted keeps the version that it got.',
    examples: [['samara functions alias line-stats prod 3', 'prod is version 3 from now on']],
  })
  act<[string, string, string], object>(command, host, async (session, _flags, name, as, text) => {
    const version = integer(1, 0xffff_ffff)(text)
    await session.client.put(anything, path`/v1/functions/${name}/aliases/${as}`, { version })
    session.show({ function: name, alias: as, version }, () => `${name}@${as} is version ${version}\n`)
  })
}

/** `line-stats@prod`: name, and alias or version. */
export function referenceOf(target: string): { name: string; reference: string } {
  const at = target.indexOf('@')
  return at < 0
    ? { name: target, reference: 'latest' }
    : { name: target.slice(0, at), reference: target.slice(at + 1) || 'latest' }
}
