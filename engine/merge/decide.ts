/** Existence in desired, base and observed decides what a verb may do with a resource. */
import type { DriftPolicy } from './merge-column.ts'

export interface Existence {
  readonly desired: boolean
  readonly base: boolean
  readonly observed: boolean
  /** The row has edits that no apply has taken up. */
  readonly isEdited: boolean
  /** Made and deleted by AWS along with a parent. */
  readonly isCompanion: boolean
  /** Other rows refer to this one, so that it cannot simply go. */
  readonly isReferenced: boolean
}

/**
 * `recreate`: create again what the cloud lost. `propose`: name it as an adoption. `gone`: a companion, no call.
 * `drop`: the row goes. `missing`: the row stays, marked. `conflict`: the edited row stays though the cloud lost it.
 */
export type Decision =
  | 'none'
  | 'create'
  | 'recreate'
  | 'adopt'
  | 'propose'
  | 'merge'
  | 'delete'
  | 'gone'
  | 'forget'
  | 'import'
  | 'drop'
  | 'missing'
  | 'conflict'

export function decide(
  verb: 'apply' | 'sync',
  existence: Existence,
  policy: DriftPolicy = 'track',
): Decision {
  return verb === 'apply' ? decideApply(existence, policy) : decideSync(existence, policy)
}

function decideApply(
  { desired, base, observed, isEdited, isCompanion }: Existence,
  policy: DriftPolicy,
): Decision {
  if (desired && base && observed) return 'merge'
  // What AWS makes along with a parent comes back with it, and with nothing else.
  if (desired && base) return isEdited || (policy === 'enforce' && !isCompanion) ? 'recreate' : 'none'
  if (desired) return observed ? 'adopt' : 'create'
  if (!base) return 'none'
  if (!observed) return 'forget'
  return isCompanion ? 'gone' : 'delete'
}

function decideSync(
  { desired, base, observed, isEdited, isReferenced }: Existence,
  policy: DriftPolicy,
): Decision {
  if (desired && base && observed) return 'merge'
  if (desired && base) {
    if (isEdited) return 'conflict'
    return policy === 'track' && !isReferenced ? 'drop' : 'missing'
  }
  if (desired) return observed ? 'propose' : 'none'
  return observed && !base ? 'import' : 'none'
}
