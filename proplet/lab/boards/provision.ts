import type { SerialShell } from './serial-shell.ts'

/** What an image is told over its serial line before it can be a proplet. */
export type Provision = {
  readonly id: string
  readonly namespace: string
  readonly host: string
  readonly port: number
  readonly token?: string | undefined
}

/** Stored by the image, and in force once it has started again. */
export async function provision(shell: SerialShell, wanted: Provision, withinMs: number): Promise<void> {
  // The first one may come before there is a shell.
  await shell.insist('samara show', withinMs)
  for (const [name, value] of Object.entries(wanted))
    if (value !== undefined) await shell.ask(`samara set ${name} ${value}`)
  await shell.ask('samara restart')
  await shell.insist('samara show', withinMs)
}
