import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSamaraError } from '../shared/errors.ts'
import { PropletView, Registered } from './api.ts'
import { type Client, path } from './client.ts'
import { readFile } from './session.ts'

/** The proplet that `samara up` brings along. */
export const LOCAL_PROPLET = 'local-proplet'

export type LocalProplet = { readonly tokenFile: string; readonly dataDir: string }

/** Registers it at the first start; its token stays in the data directory, for nobody else to read. */
export async function registerLocal(client: Client, dataDir: string): Promise<LocalProplet> {
  const folder = join(dataDir, LOCAL_PROPLET)
  const tokenFile = join(folder, 'token')
  if (existsSync(tokenFile) && (await isRegistered(client))) return { tokenFile, dataDir: folder }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { token } = await client.post(Registered, '/v1/proplets', { id: LOCAL_PROPLET })
  writeFileSync(`${tokenFile}.new`, `${token}\n`, { mode: 0o600, flag: 'w' })
  renameSync(`${tokenFile}.new`, tokenFile)
  return { tokenFile, dataDir: folder }
}

/** The token that a manager for more than this machine makes at its first start. */
export function operatorToken(dataDir: string): string | undefined {
  const file = join(dataDir, 'operator.token')
  return existsSync(file) ? readFile(file).toString('utf8').trim() : undefined
}

/** A data directory may have been restored from a time before it. */
async function isRegistered(client: Client): Promise<boolean> {
  try {
    await client.get(PropletView, path`/v1/proplets/${LOCAL_PROPLET}`)
    return true
  } catch (error) {
    if (isSamaraError(error) && error.code === 'NOT_FOUND') return false
    throw error
  }
}
