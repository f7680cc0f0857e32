import type { SerialShell } from './shell.ts'

/** Settings of an image by name, as `samara set` has them; an empty one is cleared, one that is left out stays. */
export type Provision = {
  readonly [name in SettingName]?: string | number | undefined
}
const pems = ['ca', 'cert', 'key'] as const
export type SettingName =
  | 'id'
  | 'namespace'
  | 'host'
  | 'port'
  | 'token'
  | 'wifi-ssid'
  | 'wifi-psk'
  | (typeof pems)[number]

/**
 * Stored by the image, which then starts again: what is told is in force from there. It has `withinMs` until there is a
 * shell. Answers with the name of its board.
 */
export async function provision(shell: SerialShell, wanted: Provision, withinMs: number): Promise<string> {
  // The first one may come before there is a shell.
  const board = await shell.insist('samara show', withinMs)
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) await tell(shell, name, `${value}`)
  await shell.ask('samara restart')
  return board
}

const isPem = (name: string): boolean => pems.some((one) => one === name)

async function tell(shell: SerialShell, name: string, value: string): Promise<void> {
  if (value === '') await shell.ask(`samara clear ${name}`)
  else if (isPem(name)) await shell.askLines(`samara set ${name}`, linesOf(value), `${name}> `)
  else await shell.ask(`samara set ${name} ${quoted(value)}`)
}

/** A dot ends them. Lines between two certificates that are none of theirs, as `openssl` writes them, are left out. */
function linesOf(pem: string): readonly string[] {
  let isInside = false
  const lines = pem.split(/\r?\n/).filter((line) => {
    const isBegin = line.startsWith('-----BEGIN ')
    const isEnd = line.startsWith('-----END ')
    isInside = isBegin || (isInside && !isEnd)
    return isInside || isEnd
  })
  return [...lines.map((line) => line.trim()).filter(Boolean), '.']
}

/** For the shell of Zephyr, which takes a character behind a backslash as it is. */
const quoted = (value: string): string => value.replace(/[\s"'\\]/g, '\\$&')
