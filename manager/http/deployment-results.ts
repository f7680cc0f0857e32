import { Call, ResultBody } from '../../shared/documents/call.ts'
import { isSamaraError } from '../../shared/errors.ts'
import { cut } from '../../shared/fields.ts'
import type { Signature } from '../../shared/signature.ts'
import { fromCbor, toJson } from '../../shared/values.ts'
import type { Functions } from '../services/functions.ts'
import { chooseExport } from '../services/tasks/exports.ts'
import type { DeploymentRecord, DeploymentResultRecord } from '../store/store.ts'
import type { ValueOf } from './described.ts'
import type { DeploymentResult } from './schemas/deployments.ts'

const MAX_MESSAGE = 240

export type ResultView = ValueOf<typeof DeploymentResult>

/** What a deployment calls, for reading its results. */
export async function signatureOf(functions: Functions, record: DeploymentRecord): Promise<Signature> {
  const manifest = await functions.manifest(record.manifest)
  return chooseExport(manifest, Call.decode(record.call).export).signature
}

/** A result with its value and outputs as people read them, or why they cannot: a proplet may say anything. */
export function resultView({ deployment: _, body, ...rest }: DeploymentResultRecord, signature: Signature): ResultView {
  if (!body) return rest
  try {
    return { ...rest, ...readBody(body, signature) }
  } catch (error) {
    if (!isSamaraError(error)) throw error
    return { ...rest, error: { code: error.code, message: cut(`result: ${error.message}`, MAX_MESSAGE) } }
  }
}

function readBody(body: Uint8Array, { result }: Signature): Partial<ResultView> {
  const { value, stdout, stderr } = ResultBody.decode(body)
  return {
    ...(value !== undefined && {
      value: result ? (toJson(result, fromCbor(result, value)) as ResultView['value']) : null,
    }),
    ...(stdout && { stdout: Buffer.from(stdout).toString('utf8') }),
    ...(stderr && { stderr: Buffer.from(stderr).toString('utf8') }),
  }
}
