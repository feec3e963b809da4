/** One column, three states, one verdict. */
import { equals } from '#engine/columns/canonical.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'

/** What becomes of a change made in the cloud: taken into the table, undone in the cloud, or only recorded. */
export type DriftPolicy = 'track' | 'enforce' | 'observe'

export interface ThreeStates {
  readonly desired: Json
  readonly base: Json
  readonly observed: Json
}

export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'rebase' | 'push' | 'pull' | 'restore'; readonly value: Json }
  | { readonly kind: 'conflict' | 'observe'; readonly desired: Json; readonly observed: Json }

export function mergeColumn(column: Column, states: ThreeStates, policy: DriftPolicy = 'track'): Verdict {
  if (column.nature === 'local') return { kind: 'same' }
  const { desired, base, observed } = states
  const isEdited = !equals(column, desired, base)
  if (equals(column, desired, observed))
    return isEdited ? { kind: 'rebase', value: observed } : { kind: 'same' }
  const hasDrifted = !equals(column, observed, base)
  if (column.nature === 'output') return { kind: hasDrifted ? 'pull' : 'restore', value: observed }
  // Null in a column that AWS cannot clear can only mean unspecified: AWS's own value fills it. Where none was agreed on,
  // a value that comes later is drift as any other.
  const isOpen = desired === null && !column.clearable
  if (isOpen && (isEdited || policy !== 'observe')) return { kind: 'pull', value: observed }
  if (isEdited) return hasDrifted ? { kind: 'conflict', desired, observed } : { kind: 'push', value: desired }
  if (policy === 'enforce') return { kind: 'push', value: desired }
  return policy === 'observe' ? { kind: 'observe', desired, observed } : { kind: 'pull', value: observed }
}

/** Of a column of which nothing is agreed on: whatever the row says is a wish, until the cloud is seen to have it. */
export function mergeUnsure(column: Column, desired: Json, observed: Json | undefined): Verdict {
  if (observed !== undefined && equals(column, desired, observed)) return { kind: 'rebase', value: observed }
  if (desired !== null || column.clearable) return { kind: 'push', value: desired }
  return observed === undefined ? { kind: 'same' } : { kind: 'pull', value: observed }
}
