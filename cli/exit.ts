/** How a command ends: its exit code, and the errors that choose one. */
export const exitCodes = {
  fine: 0,
  /** A statement, or the work, failed. */
  failed: 1,
  /** No server, or not allowed in. */
  noServer: 3,
  usage: 64,
  interrupted: 130,
} as const

/** The command line makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** There is nobody to talk to, or they do not let us in; the message says which command helps. */
export class NoServerError extends Error {
  override readonly name = 'NoServerError'
}
