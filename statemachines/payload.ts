/** What travels through the state machines: ids as strings, never data. */

/** Input of machine `run`: carries a run past one function's time. `executionId`: a long operation that has to end first. */
export type RunPayload = {
  readonly tenantId: string
  readonly runId: string
  readonly executionId?: string
}

/** What `execute-statements` is called with, and what it answers. */
export type RunStep = Pick<RunPayload, 'tenantId' | 'runId'>
export type RunNext =
  | { readonly next: 'done' }
  | { readonly next: 'again' }
  | { readonly next: 'execution'; readonly executionId: string }

/** Input of machine `execution` (one durable apply, sync, install or uninstall), and of each call of `step-execution`. */
export type ExecutionPayload = {
  readonly tenantId: string
  readonly executionId: string
}

/** What `step-execution` answers; `seconds` is a whole number. */
export type ExecutionNext =
  | { readonly next: 'done' }
  | { readonly next: 'again' }
  | { readonly next: 'wait'; readonly seconds: number }

/** Input of machine `drift` (one check of one tenant's cloud). */
export type DriftPayload = {
  readonly tenantId: string
  readonly checkId: string
}

/** What `check-drift` is called with: which places, then for each of them, then at the end. */
export type DriftStep = DriftPayload &
  (
    | { readonly step: 'places' }
    | { readonly step: 'place'; readonly placeId: string }
    | { readonly step: 'end' }
  )

/** What it answers to each. */
export type DriftNext =
  | { readonly next: 'places'; readonly places: readonly { readonly placeId: string }[] }
  | { readonly next: 'execution'; readonly executionId: string }
  | { readonly next: 'done' }

/** Bytes of UTF-8 that Step Functions lets a state take or give; above it the execution ends. */
const payloadBytes = 256 * 1024

/** Ends an execution as Step Functions does: no Retry and no Catch ever sees it. */
class DataLimitExceeded extends Error {
  readonly isRetryable = false
  readonly isCatchable = false

  constructor(message: string) {
    super(message)
    this.name = 'States.DataLimitExceeded'
  }
}

/** Throws `States.DataLimitExceeded` where Step Functions would; a local interpreter does not look. */
export function checkPayload(where: string, payload: unknown): void {
  const bytes = new TextEncoder().encode(JSON.stringify(payload) ?? '').length
  if (bytes > payloadBytes) {
    throw new DataLimitExceeded(`the payload of ${where} has ${bytes} bytes, more than ${payloadBytes}`)
  }
}
