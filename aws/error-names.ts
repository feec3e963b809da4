/** What each typed error name of AWS means for the engine; the first rule that fits decides. */
import type { ErrorCode } from '#engine/model/error.ts'

interface ErrorRule {
  readonly code: ErrorCode
  readonly names?: readonly string[]
  /** For families of names, such as EC2's `Invalid….NotFound`. */
  readonly like?: RegExp
}

export const errorRules: readonly ErrorRule[] = [
  {
    code: 'cloud/throttled',
    names: [
      'BandwidthLimitExceeded',
      'EC2ThrottledException',
      'KmsThrottled',
      'LimitExceededException.Throttling',
      'PriorRequestNotComplete',
      'ProvisionedThroughputExceededException',
      'RequestLimitExceeded',
      'RequestThrottled',
      'RequestThrottledException',
      'SlowDown',
      'Throttled',
      'ThrottledException',
      'Throttling',
      'ThrottlingException',
      'TooManyRequestsException',
    ],
  },
  {
    code: 'cloud/denied',
    names: [
      'AccessDenied',
      'AccessDeniedException',
      'AuthFailure',
      'AuthorizationError',
      'Blocked',
      'CredentialsProviderError',
      'ExpiredToken',
      'ExpiredTokenException',
      'IncompleteSignature',
      'InvalidAccessKeyId',
      'InvalidClientTokenId',
      'InvalidSecurity',
      'InvalidSignatureException',
      'KmsAccessDenied',
      'MissingAuthenticationToken',
      'MissingAuthenticationTokenException',
      'NotAuthorized',
      'OperationNotPermitted',
      'OptInRequired',
      'PendingVerification',
      'SignatureDoesNotMatch',
      'UnauthorizedOperation',
      'UnrecognizedClientException',
    ],
  },
  {
    code: 'cloud/not-found',
    names: [
      'AWS.SimpleQueueService.NonExistentQueue',
      'Gateway.NotAttached',
      'NotFound',
      'QueueDoesNotExist',
    ],
    like: /NotFound(Exception|Fault|Error)?$|^NoSuch[A-Z]|DoesNotExist(Exception|Fault)?$|^NonExistent[A-Z]/,
  },
  {
    code: 'cloud/conflict',
    names: [
      'AWS.SimpleQueueService.QueueDeletedRecently',
      'ConflictException',
      'ConcurrentModification',
      'ConcurrentModificationException',
      'ConcurrentTagAccess',
      'DeleteConflict',
      'DependencyViolation',
      'IncorrectState',
      'OperationAborted',
      'OperationInProgressException',
      'QueueDeletedRecently',
      'ResourceBusy',
      'ResourceInUse',
      'ResourceInUseException',
      'ResourceNotReadyException',
      'TooManyUpdates',
    ],
    like: /^Incorrect[A-Za-z]*State$|\.InUse$|\.IncorrectState$|^Invalid[A-Za-z]*State(Exception|Fault)?$/,
  },
  {
    code: 'cloud/quota',
    names: ['LimitExceeded', 'MaxSpotInstanceCountExceeded', 'OverLimit', 'ResourceCountLimitExceeded'],
    like: /LimitExceeded(Exception|Fault)?$|Quota[A-Za-z]*Exceeded(Exception|Fault)?$|InsufficientFreeAddresses/,
  },
  {
    code: 'cloud/unknown-outcome',
    names: [
      'InternalError',
      'InternalFailure',
      'InternalServerError',
      'InternalServiceError',
      'ServiceUnavailable',
      'ServiceUnavailableException',
      'Unavailable',
    ],
  },
]

/** Codes of Node's sockets that prove that no request was sent. */
export const unsentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
])
