import Database from 'better-sqlite3'
import { type ErrorCode, isSamaraError, SamaraError } from '../../../shared/errors.ts'

/** SQLite's primary codes that say something of the disk or the file, and what they are to a caller. */
const CODES: Readonly<Record<string, { readonly code: ErrorCode; readonly words: string }>> = {
  SQLITE_FULL: { code: 'RESOURCE_EXHAUSTED', words: 'the disk is full' },
  SQLITE_IOERR: { code: 'UNAVAILABLE', words: 'the disk refused it' },
  SQLITE_NOMEM: { code: 'RESOURCE_EXHAUSTED', words: 'out of memory' },
  SQLITE_CANTOPEN: { code: 'UNAVAILABLE', words: 'it cannot be opened' },
  SQLITE_READONLY: { code: 'UNAVAILABLE', words: 'it cannot be written' },
  SQLITE_PERM: { code: 'UNAVAILABLE', words: 'it cannot be opened' },
  SQLITE_AUTH: { code: 'UNAVAILABLE', words: 'it cannot be opened' },
  SQLITE_PROTOCOL: { code: 'UNAVAILABLE', words: 'its lock cannot be had' },
  SQLITE_BUSY: { code: 'FAILED_PRECONDITION', words: 'another program has it open' },
  SQLITE_LOCKED: { code: 'FAILED_PRECONDITION', words: 'another program has it open' },
  SQLITE_CORRUPT: { code: 'DATA_LOSS', words: 'it is damaged; restore a backup' },
  SQLITE_NOTADB: { code: 'DATA_LOSS', words: 'it is damaged or no database; restore a backup' },
}

const isSqliteError = (error: unknown): error is InstanceType<typeof Database.SqliteError> =>
  error instanceof Database.SqliteError

/** `SQLITE_IOERR` of `SQLITE_IOERR_FSYNC`. */
const rowOf = (error: { readonly code: string }) => CODES[error.code.split('_', 2).join('_')]

/** Whether the disk or the file failed, and not merely one call: nothing of its transaction can be trusted. */
export const isDiskError = (error: unknown): boolean => isSqliteError(error) && rowOf(error) !== undefined

/** What SQLite threw, in our words and with the file's name; a stranger is passed on. */
export function translate(error: unknown, file: string): unknown {
  if (isSamaraError(error) || !isSqliteError(error)) return error
  const row = rowOf(error)
  const told = `${error.message} (${error.code})`
  if (row) return new SamaraError(row.code, `database ${file}: ${row.words}: ${told}`, { cause: error })
  return new SamaraError('INTERNAL', `database ${file}: ${told}`, { cause: error })
}
