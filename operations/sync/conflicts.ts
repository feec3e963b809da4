/** What users and the cloud changed to different values: a sync leaves the edit standing, and says so. */
import { shown } from '#engine/columns/shown.ts'
import { listExpressions } from '#engine/expression/expression.ts'
import { mergeRow } from '#engine/merge/merge-row.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { shownName } from '#engine/plan/natural-name.ts'
import type { LoadedState } from '../plan/load-states.ts'
import type { TableAt } from './sync-scope.ts'

/** A row and its columns in words. */
export type Conflict = string

/** Rows that are told one by one. */
const mostTold = 20
/** Undefined when nothing that the user edited was changed in the cloud as well. */
export function conflictOf(type: TableSpec, state: LoadedState, observed: Row): Conflict | undefined {
  const { desired, base, edit } = state
  if (!desired || !base || !edit) return undefined
  const verdicts = Object.entries(mergeRow(type, { desired: asSent(desired, base), base, observed }))
  const columns = verdicts.flatMap(([column, verdict]) =>
    verdict.kind === 'conflict'
      ? [`${column} is ${shown(verdict.desired)} here and ${shown(verdict.observed)} in the cloud`]
      : [],
  )
  if (columns.length === 0) return undefined
  return `${type.name} ${shownName(type, desired, state.cloudId) ?? state.rowId}: ${columns.join(', ')}; the edit waits for an apply.`
}

export function tellConflicts({ type, place }: TableAt, conflicts: readonly Conflict[]): readonly string[] {
  const rest = conflicts.length - mostTold
  if (rest <= 0) return conflicts
  const where = place.region ? ` in ${place.region}` : ''
  return [
    ...conflicts.slice(0, mostTold),
    `${type.name}: ${rest} more rows${where} were edited here and changed in the cloud; their edits wait for an apply.`,
  ]
}

/** A column with an expression holds what it stood for when it was sent. */
export const asSent = (desired: Row, base: Row): Row =>
  Object.fromEntries(
    Object.entries(desired).map(([column, value]) => [
      column,
      listExpressions(value).length > 0 ? (base[column] ?? null) : value,
    ]),
  )
