/** What AWS's refusals mean for the engine: by typed name, status and socket code, never by message. */
import { expect, test } from 'vitest'
import { classifyError } from '#aws/classify-error.ts'
import { IasqlError } from '#engine/model/error.ts'

const refusal = (name: string, httpStatusCode?: number, more: object = {}) =>
  Object.assign(new Error('some text'), { name, $metadata: { httpStatusCode, requestId: 'req-1' }, ...more })

test.each([
  ['RequestLimitExceeded', 503, 'cloud/throttled', 'throttled'],
  ['ThrottlingException', 400, 'cloud/throttled', 'throttled'],
  ['AnythingNew', 429, 'cloud/throttled', 'throttled'],
  ['UnauthorizedOperation', 403, 'cloud/denied', 'never'],
  ['AccessDeniedException', 400, 'cloud/denied', 'never'],
  ['InvalidVpcID.NotFound', 400, 'cloud/not-found', 'reread'],
  ['InvalidAssociationID.NotFound', 400, 'cloud/not-found', 'reread'],
  ['NoSuchBucket', 404, 'cloud/not-found', 'reread'],
  ['ResourceNotFoundException', 404, 'cloud/not-found', 'reread'],
  ['QueueDoesNotExist', 400, 'cloud/not-found', 'reread'],
  ['QueueDeletedRecently', 400, 'cloud/conflict', 'later'],
  ['DependencyViolation', 400, 'cloud/conflict', 'later'],
  ['IncorrectInstanceState', 400, 'cloud/conflict', 'later'],
  ['InvalidSubnet.InUse', 400, 'cloud/conflict', 'later'],
  ['VpcLimitExceeded', 400, 'cloud/quota', 'never'],
  ['ServiceQuotaExceededException', 402, 'cloud/quota', 'never'],
  ['InvalidSubnet.Range', 400, 'cloud/invalid', 'never'],
  ['RouteAlreadyExists', 400, 'cloud/invalid', 'never'],
  ['ValidationError', 400, 'cloud/invalid', 'never'],
  ['InternalError', 500, 'cloud/unknown-outcome', 'reread'],
  ['SlowDown', 503, 'cloud/throttled', 'throttled'],
  ['PriorRequestNotComplete', 400, 'cloud/throttled', 'throttled'],
  ['TooManyRequestsException', 429, 'cloud/throttled', 'throttled'],
  ['RequestExpired', 400, 'cloud/denied', 'never'],
  ['ResourceConflictException', 409, 'cloud/conflict', 'later'],
  ['InvalidDBInstanceState', 400, 'cloud/conflict', 'later'],
  ['KMSInvalidStateException', 400, 'cloud/conflict', 'later'],
  ['EntityTemporarilyUnmodifiable', 409, 'cloud/conflict', 'later'],
  ['InsufficientInstanceCapacity', 500, 'cloud/quota', 'never'],
  ['RequestTimeout', 400, 'cloud/unknown-outcome', 'reread'],
  ['SomethingBroke', 500, 'cloud/unknown-outcome', 'reread'],
  ['TimeoutError', undefined, 'cloud/unknown-outcome', 'reread'],
  ['AbortError', undefined, 'cloud/unknown-outcome', 'reread'],
] as const)('%s with status %s is %s', (name, status, code, retry) => {
  const error = classifyError(refusal(name, status), 'CreateVpc', 'aws')

  expect(error).toMatchObject({ code, retry })
})

test('a refused connection proves that nothing was sent', () => {
  const error = classifyError(refusal('Error', undefined, { code: 'ECONNREFUSED' }), 'CreateVpc', 'aws')

  expect(error).toMatchObject({ code: 'cloud/unreachable', retry: 'later' })
})

test('a reset connection proves nothing', () => {
  const error = classifyError(refusal('Error', undefined, { code: 'ECONNRESET' }), 'CreateVpc', 'aws')

  expect(error.code).toBe('cloud/unknown-outcome')
})

test('the older name of an error that changed its protocol counts too', () => {
  const code = 'AWS.SimpleQueueService.QueueDeletedRecently'

  const error = classifyError(refusal('QueueGone', 400, { Code: code }), 'CreateQueue', 'aws')

  expect(error.code).toBe('cloud/conflict')
})

test('carries the operation, what AWS said, its name and its request id', () => {
  const error = classifyError(refusal('InvalidSubnet.Range', 400), 'CreateSubnet', 'aws')

  expect(error).toMatchObject({
    message: 'CreateSubnet: some text',
    detail: 'AWS error InvalidSubnet.Range',
    awsRequestId: 'req-1',
    refusal: { operation: 'CreateSubnet', error: 'InvalidSubnet.Range', message: 'some text' },
  })
})

/** As the SDK complains of a page of HTML. */
const page = (status: number) =>
  refusal('SyntaxError', status, {
    message: "Unexpected token '<'",
    $response: { statusCode: status, headers: { 'content-type': 'text/html; charset=utf-8' } },
  })

test.each([
  ['status 501', refusal('InternalFailure', 501), 'cloud/not-emulated'],
  ['its name', refusal('NotImplementedError', 500), 'cloud/not-emulated'],
  [
    'its text',
    refusal('InternalError', 500, { message: 'The create_ipam action has not been implemented' }),
    'cloud/not-emulated',
  ],
  ['an error of its own', refusal('SomethingBroke', 500), 'cloud/unknown-outcome'],
  ['a page', page(500), 'cloud/unknown-outcome'],
  ['a page of who stands before it', page(502), 'cloud/unknown-outcome'],
  ['a refusal', refusal('NotImplementedError', 400), 'cloud/invalid'],
] as const)('an emulator says by %s what it lacks, or not', (_, error, code) => {
  expect(classifyError(error, 'CreateIpam', 'emulator').code).toBe(code)
})

test('what the SDK cannot read is told by its status', () => {
  const error = classifyError(page(503), 'CreateVpc', 'aws')

  expect(error).toMatchObject({
    code: 'cloud/unknown-outcome',
    message: 'CreateVpc: answered (503), no reason given',
    detail: 'AWS error 503',
  })
})

test('an error of ours passes as it is', () => {
  const ours = new IasqlError('cloud/invalid', 'already said')

  expect(classifyError(ours, 'CreateVpc', 'aws')).toBe(ours)
})
