import { readFileSync, writeFileSync } from 'node:fs'
import { labMessages } from '../lab/index.ts'
import { cddl } from './cddl.ts'
import { errorCodes, messagesHeader, messagesTable, topicsHeader } from './firmware.ts'
import { hostFunctionsHeader } from './host-functions.ts'
import { interfaces } from './interfaces.ts'
import { fill } from './tables.ts'

const shared = new URL('../', import.meta.url)
const codec = new URL('../../firmware/src/codec/', import.meta.url)

/** Derived files with their contents, for this program and for the guard that compares. */
export async function derived(): Promise<Map<URL, string>> {
  const protocol = new URL('PROTOCOL.md', shared)
  return new Map([
    [new URL('protocol.cddl', shared), cddl()],
    [new URL('lab/lab.cddl', shared), cddl(labMessages, 'shared/lab')],
    [protocol, fill(readFileSync(protocol, 'utf8'))],
    [new URL('wit/interfaces.json', shared), await interfaces()],
    [new URL('messages.h', codec), messagesHeader()],
    [new URL('messages.c', codec), messagesTable()],
    [new URL('error_codes.h', codec), errorCodes()],
    [new URL('topic_table.h', codec), topicsHeader()],
    [new URL('../hal/host_functions.h', codec), hostFunctionsHeader()],
  ])
}

if (import.meta.main) for (const [file, content] of await derived()) writeFileSync(file, content)
