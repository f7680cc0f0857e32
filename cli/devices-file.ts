import type { Grant } from '../shared/capabilities.ts'
import { SamaraError } from '../shared/errors.ts'
import { addDevices, parseDevices } from '../shared/wasm/devices.ts'
import { readFile } from './session.ts'

/** What a function asks for, as a file beside its source: YAML or JSON. [P-10.2] */
export async function devicesIn(file: string): Promise<readonly Grant[]> {
  // JSON is YAML; the library is only loaded by those who have such a file.
  const { parse } = await import('yaml')
  return parseDevices(parsed(file, readFile(file).toString('utf8'), parse))
}

function parsed(file: string, text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause)
    throw new SamaraError('INVALID_ARGUMENT', `file ${JSON.stringify(file)}: is neither YAML nor JSON: ${why}`, {
      cause,
    })
  }
}

/** The module with the devices of the file in it; as it is where no file is named. */
export const askingFor = async (bytes: Uint8Array, file: string | undefined): Promise<Uint8Array> =>
  file === undefined ? bytes : addDevices(bytes, await devicesIn(file))
