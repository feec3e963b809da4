/** What one invocation of a durable execution works with, and how it may end. */
import type { IasqlError } from '#engine/model/error.ts'
import type { JsonObject, Row } from '#engine/model/json.ts'
import type { ExecutionRecord } from '#postgres/statements/execution-acquire.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import type { Progress } from './progress.ts'

export interface ExecutionContext {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly execution: ExecutionRecord
  /** Aborts when another invocation has taken over: nothing may be written any more. */
  readonly lost: AbortSignal
  /** Aborts when the execution was asked to end: start nothing new, let calls in flight finish. */
  readonly cancelled: AbortSignal
  /** Time at which this invocation has to hand over, milliseconds since the epoch. */
  readonly deadlineMs: number
  readonly progress: Progress
}

export interface ExecutionResult {
  readonly kind: 'ended'
  readonly state: 'succeeded' | 'failed' | 'cancelled'
  readonly rows: readonly Row[]
  readonly error?: IasqlError
  readonly done: number
  readonly failed: number
  readonly total: number
}

export type StepOutcome =
  | ExecutionResult
  /** Hand over to the next invocation; `seconds` 0 means at once. */
  | { readonly kind: 'more'; readonly seconds: number; readonly memory: JsonObject }

export const succeeded = (rows: readonly Row[]): ExecutionResult => ({
  kind: 'ended',
  state: 'succeeded',
  rows,
  done: rows.length,
  failed: 0,
  total: rows.length,
})

export const failedWith = (error: IasqlError): ExecutionResult => ({
  kind: 'ended',
  state: error.code === 'apply/cancelled' ? 'cancelled' : 'failed',
  rows: [],
  error,
  done: 0,
  failed: 0,
  total: 0,
})
