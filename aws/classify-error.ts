/** Turns what an SDK call was refused with into an IasqlError, by its typed name and never by its message. */
import { type ErrorCode, IasqlError } from '#engine/model/error.ts'
import { errorRules, unsentCodes } from './error-names.ts'

export type CloudProfile = 'aws' | 'emulator'

interface Refusal {
  readonly name: string
  readonly message: string
  /** Legacy name that services which changed protocol still send, and the code of a socket error. */
  readonly Code?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: { readonly statusCode?: number }
}

/** What the SDK takes for name and message where an answer has none, as any to a HEAD. */
const nameless = 'Unknown'
const wordless = 'UnknownError'

/**
 * @param operation The SDK operation, for messages: `CreateVpc`.
 * @example throw classifyError(error, 'CreateVpc', 'aws')
 */
export function classifyError(error: unknown, operation: string, profile: CloudProfile): IasqlError {
  if (error instanceof IasqlError) return error
  const refusal = error as Refusal
  const code = codeOf(refusal, profile)
  const requestId = refusal.$metadata?.requestId
  const said = saidIn(refusal)
  const message = code === 'cloud/not-emulated' ? 'the emulator does not implement this call' : said
  return new IasqlError(code, `${operation}: ${message}`, {
    detail: `AWS error ${nameIn(refusal)}`,
    refusal: { operation, error: refusal.name, message: said },
    cause: error,
    ...(requestId ? { awsRequestId: requestId } : {}),
  })
}

function saidIn(refusal: Refusal): string {
  const status = statusOf(refusal)
  if (refusal.message !== wordless || status === undefined)
    return refusal.message || refusal.name || 'no message'
  return `${status === 403 ? 'refused' : 'answered'} (${status}), no reason given`
}

const nameIn = (refusal: Refusal): string | number =>
  refusal.Code ?? (refusal.name === nameless ? (statusOf(refusal) ?? nameless) : refusal.name)

const statusOf = ({ $metadata, $response }: Refusal): number | undefined =>
  $metadata?.httpStatusCode ?? $response?.statusCode

function codeOf(refusal: Refusal, profile: CloudProfile): ErrorCode {
  const status = statusOf(refusal)
  if (profile === 'emulator' && isNotEmulated(refusal, status)) return 'cloud/not-emulated'
  const named = ruleOf(refusal.name) ?? ruleOf(refusal.Code)
  if (named) return named
  if (refusal.code !== undefined && unsentCodes.has(refusal.code)) return 'cloud/unreachable'
  if (status === 403) return 'cloud/denied'
  if (status === 429) return 'cloud/throttled'
  return status !== undefined && status >= 400 && status < 500 ? 'cloud/invalid' : 'cloud/unknown-outcome'
}

const ruleOf = (name: string | undefined): ErrorCode | undefined =>
  name === undefined
    ? undefined
    : errorRules.find((rule) => rule.names?.includes(name) || rule.like?.test(name))?.code

/** The emulator answers what it lacks by a page of HTML with status 500, which no SDK can parse, or by 501. */
const isNotEmulated = (refusal: Refusal, status: number | undefined): boolean =>
  status === 501 || (status !== undefined && status >= 500 && ruleOf(refusal.name) === undefined)
