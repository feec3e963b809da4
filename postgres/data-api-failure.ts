/** What the driver fails with, as the fault that the service gives. */
import { DataApiError } from './data-api.ts'
import { errorText, isDatabaseError } from './error-text.ts'

/** Shutting down or starting, connection exceptions, no connection free. */
const unavailableStates = /^(57P0[1-5]|08...|53300)$/

/** Not the server is full, but what this login may have: the service, too, gives it as an error of the database. */
export const isLoginFull = (error: unknown): boolean =>
  isDatabaseError(error) &&
  error.code === '53300' &&
  error.message.startsWith('too many connections for role')

/** Errors of ours in calling the driver are not the database's. */
const ofPrograms = [TypeError, RangeError, ReferenceError, SyntaxError]

export function failureOf(error: unknown): Error {
  if (error instanceof DataApiError) return error
  if (isDatabaseError(error)) {
    const state = error.code ?? ''
    // No cause: its fields hold the text of tenants, and causes end up in logs.
    if (isLoginFull(error)) return new DataApiError('database-error', errorText(error))
    if (unavailableStates.test(state)) return new DataApiError('unavailable', error.message)
    if (state.startsWith('28')) return new DataApiError('forbidden', error.message)
    if (state === '3D000') return new DataApiError('bad-request', error.message)
    if (state === '42601' && error.message.startsWith('cannot insert multiple commands')) {
      return new DataApiError('bad-request', "Multistatements aren't supported.")
    }
    return new DataApiError('database-error', errorText(error))
  }
  if (!(error instanceof Error)) return new DataApiError('unavailable', String(error), error)
  if (ofPrograms.some((kind) => error instanceof kind)) return error
  return new DataApiError('unavailable', `The database does not answer: ${reasonOf(error)}`, error)
}

/** Several addresses of one name fail together, without a message of their own. */
const reasonOf = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join('; ') : error.message
