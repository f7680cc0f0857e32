import { Call, ResultBody } from '../../shared/documents/call.ts'
import type { Signature } from '../../shared/signature.ts'
import { fromCbor, toJson } from '../../shared/values.ts'
import type { Functions } from '../services/functions.ts'
import { chooseExport } from '../services/tasks/exports.ts'
import type { DeploymentRecord, DeploymentResultRecord } from '../store/store.ts'
import type { ValueOf } from './described.ts'
import type { DeploymentResult } from './schemas/deployments.ts'

export type ResultView = ValueOf<typeof DeploymentResult>

/** What a deployment calls, for reading its results. */
export async function signatureOf(functions: Functions, record: DeploymentRecord): Promise<Signature> {
  const manifest = await functions.manifest(record.manifest)
  return chooseExport(manifest, Call.decode(record.call).export).signature
}

/** A result with its value and outputs as people read them. */
export function resultView(
  { deployment: _, body, ...rest }: DeploymentResultRecord,
  { result }: Signature,
): ResultView {
  const found = body && ResultBody.decode(body)
  if (!found) return rest
  const { value, stdout, stderr } = found
  return {
    ...rest,
    ...(value !== undefined && {
      value: result ? (toJson(result, fromCbor(result, value)) as ResultView['value']) : null,
    }),
    ...(stdout && { stdout: Buffer.from(stdout).toString('utf8') }),
    ...(stderr && { stderr: Buffer.from(stderr).toString('utf8') }),
  }
}
