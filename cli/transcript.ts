import { Transcript } from '../shared/documents/transcript.ts'
import { path } from './client.ts'
import type { Session } from './session.ts'

/** What a task did on its devices. */
export async function readTranscript(session: Session, task: string): Promise<Transcript> {
  const headers = { accept: 'application/cbor' }
  return Transcript.decode(await session.client.bytes(path`/v1/tasks/${task}/transcript`, { headers }))
}
