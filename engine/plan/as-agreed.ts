/** Rows whose edits are another's affair for now are planned as they were last agreed on: nothing hangs on what is pending in them. */
import { unsureColumns } from '#engine/merge/unsure.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { ResourceState } from './resource.ts'

/** A row that stands says what it said before it was edited; of what is nobody's agreement it says what it says now. */
export function asAgreed<State extends ResourceState>(table: TableSpec, state: State): State {
  const { desired, base, observed, baseVersion, editVersion } = state
  if (!desired || !base || !observed || editVersion === baseVersion) return state
  const unsure = new Set(unsureColumns(base))
  const agreed = Object.entries(base).filter(
    ([name]) => table.columns[name]?.nature === 'argument' && !unsure.has(name),
  )
  const isPlain = unsure.size === 0
  return {
    ...state,
    desired: { ...desired, ...Object.fromEntries(agreed) },
    ...(isPlain ? { editVersion: baseVersion, edit: null } : {}),
  }
}
