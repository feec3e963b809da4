/** Turns what an SDK call was refused with into an IasqlError by its typed name; by its text only where an emulator lacks the call. */
import { type ErrorCode, IasqlError } from '#engine/model/error.ts'
import { errorRules, unsentCodes } from './error-names.ts'

export type CloudProfile = 'aws' | 'emulator'

interface Refusal {
  readonly name: string
  readonly message: string
  /** Legacy name that services which changed protocol still send, and the code of a socket error. */
  readonly Code?: string
  readonly code?: string
  readonly $fault?: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: {
    readonly statusCode?: number
    readonly headers?: { readonly 'content-type'?: string }
  }
}

/** By which emulators say, where they do, that they lack a call. */
const notImplemented = /^Not(Yet)?Implemented|not (yet )?(been )?implemented|NotImplementedError/i

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
  if (!isWordless(refusal) || status === undefined) return refusal.message || refusal.name || 'no message'
  return `${status === 403 ? 'refused' : 'answered'} (${status}), no reason given`
}

/** In place of the reason of a page, the SDK complains that it is no XML or JSON. */
const isWordless = (refusal: Refusal): boolean => refusal.message === wordless || isPage(refusal)

const nameIn = (refusal: Refusal): string | number =>
  refusal.Code ??
  (refusal.name === nameless || isPage(refusal) ? (statusOf(refusal) ?? nameless) : refusal.name)

/** The emulator says so of some of its real answers as well, which the SDK can read. */
const isPage = ({ name, $fault, $response }: Refusal): boolean =>
  ($fault === undefined || name === nameless) &&
  /^text\/html\b/.test($response?.headers?.['content-type'] ?? '')

/** The emulator's page of HTML for what it lacks, and for whatever goes wrong in its own code. */
export const isStumble = (error: unknown): boolean => isPage(error as Refusal) && statusOf(error) === 500

/** Undefined where no answer came. */
export const statusOf = (error: unknown): number | undefined => {
  const { $metadata, $response } = error as Refusal
  return $metadata?.httpStatusCode ?? $response?.statusCode
}

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

const isNotEmulated = ({ name, Code, message }: Refusal, status = 0): boolean =>
  status === 501 || (status >= 500 && [name, Code ?? '', message].some((said) => notImplemented.test(said)))
