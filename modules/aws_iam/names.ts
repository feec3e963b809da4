/** What names and paths of IAM look like, and how it refuses those that it has not heard of yet. */
import type { Propagation } from '../kit/index.ts'

export const nameOfAtMost = (length: number): string => `{} ~ '^[A-Za-z0-9_+=,.@-]{1,${length}}$'`

/** Slashes at both ends; anything printable between them. */
export const pathCheck = "{} ~ '^/([!-~]*/)?$' AND length({}) <= 512"

const forMs = 60_000
const because = 'what is new in IAM is not known everywhere at once'

const unheard =
  (message: RegExp) =>
  (operation: string): Propagation => ({
    operation,
    error: 'NoSuchEntityException',
    message,
    forMs,
    because,
  })

export const roleUnheard = unheard(/role with name \S+ cannot be found/i)
export const userUnheard = unheard(/user with name \S+ cannot be found/i)
/** Only of the account's own policies: those of AWS are old, and a wrong name of one is a mistake. */
export const policyUnheard = unheard(/arn:[a-z-]+:iam::\d{12}:policy\S* does not exist or is not attachable/i)

/** A trust policy that names a user or role which is just being made. */
export const principalUnheard = (operation: string): Propagation => ({
  operation,
  error: 'MalformedPolicyDocumentException',
  message: /Invalid principal in policy/,
  forMs,
  because,
})
