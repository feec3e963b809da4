/** What the reducer is told and what it asks for: the whole conversation between deciding and doing. */
import type { ErrorKind } from '#engine/model/error.ts'

export type StepState = 'pending' | 'started' | 'waiting' | 'done' | 'failed' | 'skipped'

/** Steps are named by their keys; every event carries the time at which it happened. */
export type ExecutionEvent = { readonly atMs: number } & (
  | { readonly kind: 'start' | 'tick' | 'cancel' | 'deadline' }
  | { readonly kind: 'done'; readonly step: string }
  | { readonly kind: 'waiting'; readonly step: string }
  | {
      readonly kind: 'failed'
      readonly step: string
      readonly retry: ErrorKind['retry']
      readonly message: string
    }
  /** No answer to a call: it may or may not have happened. */
  | { readonly kind: 'outcomeUnknown'; readonly step: string }
  /** A look-up after an unknown outcome proved that nothing was made. */
  | { readonly kind: 'absent'; readonly step: string }
  /** The execution came to an end while the step still waited for its turn: it has called nobody. */
  | { readonly kind: 'unsent'; readonly step: string }
  /** What a step waited for holds, and its outcome said to call the mapper afresh then. */
  | { readonly kind: 'again'; readonly step: string }
  /** A poll is over; the steps of it that ended were told by events of their own before. */
  | { readonly kind: 'polled'; readonly batch: string }
)

export type ExecutionEffect =
  /** `tries` counts the calls of this step before this one. */
  | { readonly kind: 'call'; readonly step: string; readonly tries: number }
  /** Find out from the stored intent what became of a call. */
  | { readonly kind: 'settle'; readonly step: string }
  | {
      readonly kind: 'poll'
      readonly batch: string
      readonly table: string
      readonly accountId: string | null
      readonly region: string | null
      readonly steps: readonly string[]
    }
  | { readonly kind: 'fail'; readonly step: string; readonly message: string }
  /** `because`: a step that it needs, with what became of that; null: cancelled, `isWaiting`: after its call. */
  | {
      readonly kind: 'skip'
      readonly step: string
      readonly because: string
      readonly fate: 'failed' | 'skipped'
    }
  | { readonly kind: 'skip'; readonly step: string; readonly because: null; readonly isWaiting: boolean }
  /** Send a `tick` at that time. */
  | { readonly kind: 'wake'; readonly atMs: number }
  /** Nothing is in flight: return, and come back after the delay. */
  | { readonly kind: 'handOver'; readonly delayMs: number }
  | {
      readonly kind: 'end'
      readonly outcome: 'succeeded' | 'failed' | 'cancelled'
      readonly done: number
      readonly failed: number
      readonly skipped: number
    }

export interface ExecutionSettings {
  /** Steps under way at once, those among them that wait for their turn to call; polls come on top. */
  readonly concurrency: number
  /** Throttled and busy resources are tried again until nothing has moved for so long. */
  readonly noProgressMs: number
  readonly firstBackoffMs: number
  readonly maxBackoffMs: number
  readonly firstPollMs: number
  readonly maxPollMs: number
  /** Calls of one step that may find their resource changed underneath. */
  readonly maxRereads: number
  /** What is not done whole is taken back: once a step has failed no other is begun, or waited for, but for what is going already. */
  readonly isAllOrNothing: boolean
}

export const defaultSettings: ExecutionSettings = {
  concurrency: 5_000,
  noProgressMs: 300_000,
  firstBackoffMs: 500,
  maxBackoffMs: 20_000,
  firstPollMs: 1_000,
  maxPollMs: 15_000,
  maxRereads: 3,
  isAllOrNothing: false,
}
