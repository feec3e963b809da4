/** What a model run remembers to judge by, and what it may find. */
import type { Json } from '#engine/model/json.ts'
import type { SimulatedLab } from '#test/support/simulated/lab.ts'
import type { Picture } from './picture.ts'
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

/** By row what users have said last on each of its columns; null: that it is to go. */
export type Words = ReadonlyMap<string, ReadonlyMap<string, Json> | null>

export interface ModelRun {
  readonly lab: SimulatedLab
  readonly users: Users
  readonly stranger: Stranger
  readonly workers: Workers
  /** Which row a resource of the cloud was seen to belong to: `network/7`. */
  readonly bindings: Map<string, string>
  /** How everything was when all was at rest. */
  last: Picture | undefined
  /** Since when nothing has been looked at, milliseconds. */
  lastRestMs: number
  /** Edits that were looked at already. */
  seenEdits: number
  interventions: number
  /** Rows on which users have taken back what they said, since the last rest. */
  readonly excused: Set<string>
  /** Transactions that were looked at already. */
  readonly judged: Set<string>
  /** Values that were shown once, and the names of their vaults. */
  readonly shown: Map<string, string>
}
