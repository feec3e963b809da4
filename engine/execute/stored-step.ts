/** A step as the database remembers it. */
import type { Step } from '#engine/order/step.ts'
import type { StepState } from './protocol.ts'

export interface StoredStep {
  readonly step: Step
  /** `started` is an open intent: what became of it is looked up before anything else. */
  readonly state: StepState
  /** Its resource was made already, though it may not be ready. */
  readonly exists?: boolean
  readonly tries?: number
}
