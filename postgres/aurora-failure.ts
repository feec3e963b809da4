/** The service's exceptions, by their names, as the faults of the port. */
import { DataApiError, type DataApiFault } from './data-api.ts'

const faults: Readonly<Record<string, DataApiFault>> = {
  DatabaseErrorException: 'database-error',
  StatementTimeoutException: 'statement-timeout',
  TransactionNotFoundException: 'transaction-not-found',
  UnsupportedResultException: 'unsupported-result',
  DatabaseResumingException: 'resuming',
  BadRequestException: 'bad-request',
  ValidationException: 'bad-request',
  DatabaseNotFoundException: 'bad-request',
  HttpEndpointNotEnabledException: 'bad-request',
  InvalidResourceStateException: 'unavailable',
  ForbiddenException: 'forbidden',
  AccessDeniedException: 'forbidden',
  InvalidSecretException: 'forbidden',
  SecretsErrorException: 'forbidden',
}

/** The service tells these apart only in words, which differ between its versions. */
const faultsOfMessage: readonly (readonly [RegExp, DataApiFault])[] = [
  [/^Transaction is still running a query/, 'busy-transaction'],
  [/^The result exceeds the size limit|allowed response size limit/, 'result-too-large'],
  [/^The row exceeds the size limit|^Packet for query is too large/, 'row-too-large'],
]

/** What the SDK's errors have in common; without a status no answer came. */
interface SdkError extends Error {
  readonly $fault?: 'client' | 'server'
  readonly $metadata?: { readonly httpStatusCode?: number }
}

const throttled = new Set(['ThrottlingException', 'TooManyRequestsException', 'Throttling'])

export const isResuming = (error: unknown): boolean =>
  error instanceof Error && error.name === 'DatabaseResumingException'

/** The service did nothing, so the call may be made again whatever it was. */
export const isPutOff = (error: unknown): boolean =>
  isResuming(error) || (error instanceof Error && throttled.has(error.name))

const faultOf = ({ name, message, $fault, $metadata }: SdkError): DataApiFault | undefined => {
  const status = $metadata?.httpStatusCode
  if (status === 413) return 'request-too-large'
  // The text of a database error may hold anything: only the state at its end counts there.
  const isOfDatabase = /; SQLState: \w{5}$/.test(message)
  const byMessage = isOfDatabase ? undefined : faultsOfMessage.find(([words]) => words.test(message))
  if (byMessage) return byMessage[1]
  if (faults[name]) return faults[name]
  return $fault === 'server' || status === undefined || status >= 500 ? 'unavailable' : undefined
}

/** The SDK's own error holds the whole exchange, so only its text goes on. */
export function auroraFailure(error: unknown): Error {
  if (!(error instanceof Error)) return new DataApiError('unavailable', String(error))
  if (error instanceof DataApiError || error instanceof TypeError) return error
  const fault = throttled.has(error.name) ? 'unavailable' : faultOf(error)
  if (fault) return new DataApiError(fault, error.message || error.name)
  return new DataApiError('bad-request', `${error.name}: ${error.message}`)
}
