import { realpathSync } from 'node:fs'
import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import type { Profile } from './profile.ts'
import { checkProfile, parseProfile } from './profile-file.ts'

export type ProfileSource = {
  readonly propletId: string
  /** File of the profile. */
  readonly profile: string | undefined
  /** Socket of the lab that has it. */
  readonly lab: string | undefined
}
export type LoadedProfile = { readonly profile: Profile; readonly virtualTime: boolean }

/** The hardware of this proplet, from its file or its lab; none where neither is named. */
export async function loadProfile(
  { propletId, profile, lab }: ProfileSource,
  readFile: (path: string) => Buffer,
): Promise<LoadedProfile> {
  if (profile !== undefined && lab !== undefined)
    throw new SamaraError('INVALID_ARGUMENT', 'lab: profile is set too, and only one of them counts', { field: 'lab' })
  if (lab !== undefined) return await fromLab(lab, propletId)
  return { profile: profile === undefined ? [] : await fromFile(profile, readFile), virtualTime: false }
}

async function fromLab(socket: string, propletId: string): Promise<LoadedProfile> {
  const { fetchProfile } = await import('./drivers/sim/index.ts')
  const { devices, virtualTime } = await fetchProfile(socket, propletId)
  return { profile: checkProfile(devices), virtualTime }
}

async function fromFile(path: string, readFile: (path: string) => Buffer): Promise<Profile> {
  // Loaded only where there is a file.
  const { parse } = await import('yaml')
  try {
    return withRealPaths(parseProfile(parse(readFile(path).toString('utf8'))))
  } catch (error) {
    const { code, message } = toSamaraError(error)
    const kind = code === 'INTERNAL' ? 'INVALID_ARGUMENT' : code
    throw new SamaraError(kind, `${path}: ${message}`, { field: 'profile', cause: error })
  }
}

/** Two links to one controller are one controller. */
const withRealPaths = (profile: Profile): Profile =>
  checkProfile(
    profile.map((device) =>
      device.controller.driver === 'linux' && device.kind !== 'usb'
        ? { ...device, controller: { driver: 'linux', path: realPathOf(device.controller.path) } }
        : device,
    ),
  )

/** As it is where it is not there: opening it will say so. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
