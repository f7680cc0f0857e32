import { openSync } from 'node:fs'
import { type ErrorCode, SamaraError } from '../../../../shared/errors.ts'
import type { DeviceSpec } from '../../profile.ts'
import { errnoName } from './errno.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  ENODEV: 'NOT_FOUND',
  ENXIO: 'NOT_FOUND',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
}

/** Opens a controller's file for reading and writing; the error names the device that asked. */
export function openDeviceFile(path: string, device: DeviceSpec): number {
  try {
    return openSync(path, 'r+')
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException
    throw new SamaraError(codes[code] ?? 'UNAVAILABLE', `device ${device.name}: ${path} cannot be opened: ${code}`, {
      cause: error,
    })
  }
}

/** `negative` is what ioctl answered while the device was set up. */
export function setupFailed(device: DeviceSpec, what: string, negative: number): SamaraError {
  const code = errnoName(-negative)
  return new SamaraError(codes[code] ?? 'UNAVAILABLE', `device ${device.name}: ${what}: ${code}`)
}

export function wrongKind(device: DeviceSpec, path: string, kind: string): SamaraError {
  return new SamaraError(
    'INVALID_ARGUMENT',
    `device ${device.name}: ${path} is of ${kind}, the profile says ${device.kind}`,
  )
}
