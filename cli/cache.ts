import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where what can be made anew is kept: compilers, object files, programs. */
export const cacheFolder = (env: Readonly<Record<string, string | undefined>>): string =>
  resolve(env.SAMARA_CACHE ?? join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), '.cache'), 'samara'))
