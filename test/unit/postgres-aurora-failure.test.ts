import { describe, expect, test } from 'vitest'
import { auroraFailure, isPutOff } from '#postgres/aurora-failure.ts'
import { DataApiError } from '#postgres/data-api.ts'

const sdkError = (name: string, message: string, status?: number): Error =>
  Object.assign(new Error(message), {
    name,
    $fault: status !== undefined && status >= 500 ? 'server' : 'client',
    $metadata: status === undefined ? {} : { httpStatusCode: status },
    $response: { secret: true },
  })

describe('an exception of the service becomes a fault', () => {
  test.each([
    ['DatabaseErrorException', 'ERROR: x; SQLState: 42P01', 400, 'database-error'],
    ['DatabaseErrorException', 'Transaction is still running a query', 400, 'busy-transaction'],
    ['DatabaseErrorException', 'The result exceeds the size limit; SQLState: P0001', 400, 'database-error'],
    ['StatementTimeoutException', 'canceling statement', 400, 'statement-timeout'],
    ['TransactionNotFoundException', 'Transaction x is not found', 404, 'transaction-not-found'],
    [
      'UnsupportedResultException',
      'The result contains the unsupported data type INTERVAL.',
      400,
      'unsupported-result',
    ],
    ['UnsupportedResultException', 'The result exceeds the size limit 1 MB.', 400, 'result-too-large'],
    [
      'BadRequestException',
      'Database returned more than the allowed response size limit',
      400,
      'result-too-large',
    ],
    ['BadRequestException', 'Packet for query is too large', 400, 'row-too-large'],
    ['ValidationException', "Multistatements aren't supported.", 400, 'bad-request'],
    ['SomeNewException', 'whatever', 400, 'bad-request'],
    ['UnknownError', 'entity too large', 413, 'request-too-large'],
    ['DatabaseUnavailableException', '', 504, 'unavailable'],
    ['ServiceUnavailableError', '', 503, 'unavailable'],
    ['InternalFailure', '', 500, 'unavailable'],
    ['DatabaseResumingException', 'resuming', 400, 'resuming'],
    ['ThrottlingException', 'Rate exceeded', 400, 'unavailable'],
    ['AccessDeniedException', 'no', 403, 'forbidden'],
    ['TimeoutError', 'socket hang up', undefined, 'unavailable'],
  ] as const)('%s: %s', (name, message, status, fault) => {
    const failure = auroraFailure(sdkError(name, message, status))

    expect(failure).toBeInstanceOf(DataApiError)
    expect(failure).toMatchObject({ fault })
    expect(failure.cause).toBeUndefined()
  })
})

test('only what the service put off is repeated', () => {
  const names = [
    'DatabaseResumingException',
    'ThrottlingException',
    'InternalServerErrorException',
    'TimeoutError',
  ]

  expect(names.map((name) => isPutOff(sdkError(name, '')))).toEqual([true, true, false, false])
})
