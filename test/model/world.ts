/** What a model run remembers to judge by, and what it may find. */
import type { SimulatedLab } from '#test/support/simulated/lab.ts'
import type { Stranger } from './stranger.ts'
import type { Users } from './user.ts'
import type { Workers } from './workers.ts'

export type ViolationName =
  | 'phantom'
  | 'orphan'
  | 'duplicate'
  | 'mismatch'
  | 'stuck'
  | 'lost edit'
  | 'unasked delete'
  | 'plan not empty'

export interface Violation {
  readonly name: ViolationName
  readonly what: string
}

export interface ModelRun {
  readonly lab: SimulatedLab
  readonly users: Users
  readonly stranger: Stranger
  readonly workers: Workers
  /** Which row a resource of the cloud was seen to belong to: `network/7`. */
  readonly bindings: Map<string, string>
  /** Since when nothing has been looked at, milliseconds. */
  lastRestMs: number
  /** Edits that were looked at already. */
  seenEdits: number
  interventions: number
}
