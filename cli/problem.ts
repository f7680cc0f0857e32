import { type ErrorCode, type ErrorContext, errorCodes, errors, SamaraError, show } from '../shared/errors.ts'
import { oneLine } from './text.ts'

/** What the manager says of a failure, as RFC 9457 has it, and errors of ours as one line. */

const MAX_REASONS = 32

/** The error that an answer of `status` with this body is. */
export function problemError(status: number, body: string): SamaraError {
  const problem = parsed(body)
  const detail = text(problem.detail) ?? text(problem.title) ?? `the manager answered ${status}: ${show(body)}`
  const reasons = problem.reasons
  const context: ErrorContext = {
    ...(text(problem.field) && { field: text(problem.field) as string }),
    ...(text(problem.expected) && { expected: text(problem.expected) as string }),
    ...(Array.isArray(reasons) && { reasons: reasons.filter((one) => typeof one === 'string') }),
  }
  return new SamaraError(codeOf(problem.code, status), detail, context)
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

function codeOf(code: unknown, status: number): ErrorCode {
  const named = errorCodes.find((one) => one === code)
  // What stands between us and the manager knows no codes of ours.
  return named ?? errorCodes.find((one) => errors[one].http === status) ?? 'INTERNAL'
}

/** Message, what was expected and the reasons, on one line. */
export function errorLine(error: SamaraError): string {
  const { expected, reasons = [] } = error.context
  const said = error.message
  const hint = expected && !said.includes(expected) ? ` (expected ${expected})` : ''
  const news = reasons.filter((reason) => !said.includes(reason))
  const more = news.length > MAX_REASONS ? [`and ${news.length - MAX_REASONS} more`] : []
  const because = news.length > 0 ? `: ${[...news.slice(0, MAX_REASONS), ...more].join('; ')}` : ''
  return oneLine(`${said}${hint}${because}`)
}

/** The same for programs. */
export const errorJson = (error: SamaraError): Record<string, unknown> => ({
  error: { code: error.code, message: error.message, ...error.context },
})
