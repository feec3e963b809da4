/** What the client itself can fail with; failures of statements are messages of their run, not errors. */
import type { WireError } from './messages.ts'

/**
 * `client/unreachable`: no server answers, or none did until the time to reconnect was over. `client/refused`: a server is
 * there and does not let us in. `client/closed`: `close()` was called. `client/rejected`: the server refused the message
 * (`answer` says why). `client/failing`: the server is there and fails again and again.
 */
export type ClientErrorCode =
  | 'client/unreachable'
  | 'client/refused'
  | 'client/closed'
  | 'client/rejected'
  | 'client/failing'

/** The server does not know who we are any more, or does not want us: trying again with the same token is of no use. */
const finalCodes: ReadonlySet<string> = new Set([
  'auth/refused',
  'auth/expired',
  'auth/suspended',
  'auth/tenant',
  'auth/origin',
])

export const isFinal = ({ code }: Pick<WireError, 'code'>): boolean => finalCodes.has(code)

export class ClientError extends Error {
  readonly code: ClientErrorCode
  readonly answer: WireError | undefined

  constructor(code: ClientErrorCode, message: string, answer?: WireError) {
    super(message)
    this.name = 'ClientError'
    this.code = code
    this.answer = answer
  }
}
