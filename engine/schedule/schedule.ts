/** What a schedule is made of and what it says, for explanations of an apply before it begins. */
import type { Step } from '#engine/order/step.ts'
import type { BucketSpec } from '#engine/throttle/token-bucket.ts'

/** A call's buckets; their keys tell apart accounts and regions. */
export interface Calls {
  readonly buckets: readonly BucketSpec[]
}

export interface ScheduleInput {
  /** Dependencies before dependants. */
  readonly steps: readonly Step[]
  /** What the step's first call draws from; null: it calls nobody. */
  callsOf(step: Step): Calls | null
  readonly callsAtOnce: number
}

/** What a step waited for last before it began, and the step that was in its way. */
export type Bound =
  | { readonly kind: 'nothing' }
  /** It needs that step. */
  | { readonly kind: 'step'; readonly after: string }
  | { readonly kind: 'bucket'; readonly bucket: string; readonly after: string }
  | { readonly kind: 'slots'; readonly after: string }

export interface ScheduledStep {
  readonly step: Step
  /** One more than the latest of what it needs; from 1. */
  readonly wave: number
  readonly startsMs: number
  readonly endsMs: number
  readonly bound: Bound
  /** It is on the chain of waiting that leads to the end: were it shorter, so would be the whole, unless another chain is as long. */
  readonly isCritical: boolean
}

/** A call is answered within so long; what takes longer is polled, and takes no slot meanwhile. */
export const answerMs = 1_000

export const answeredAfterMs = ({ estimateMs }: Pick<Step, 'estimateMs'>): number =>
  Math.min(estimateMs, answerMs)
