/** Which policy holds for a column of a row: the most particular entry decides, the row before the column. */
import { listExpressions } from '#engine/expression/expression.ts'
import type { Row } from '#engine/model/json.ts'
import type { DriftPolicy } from './merge-column.ts'

export interface PolicyEntry {
  readonly table: string
  /** Null: all rows of the table. */
  readonly rowId: number | null
  /** Null: all columns, and the resource as a whole. */
  readonly column: string | null
  readonly policy: DriftPolicy
}

/** `column` is empty when the resource as a whole is meant: entries about a column say nothing of it. */
export type PolicyLookup = (table: string, rowId: number, column: string) => DriftPolicy

const keyOf = (table: string, rowId: number | null, column: string | null): string =>
  JSON.stringify([table, rowId, column])

/** Row and column > row > column > table > `track`. */
export function policyLookup(entries: readonly PolicyEntry[]): PolicyLookup {
  if (entries.length === 0) return () => 'track'
  const policies = new Map(
    entries.map(({ table, rowId, column, policy }) => [keyOf(table, rowId, column), policy]),
  )
  return (table, rowId, column) =>
    policies.get(keyOf(table, rowId, column)) ??
    policies.get(keyOf(table, rowId, null)) ??
    policies.get(keyOf(table, null, column)) ??
    policies.get(keyOf(table, null, null)) ??
    'track'
}

/** An expression is not overwritten by what it stands for: where drift would be pulled, the row is enforced. */
export const keepingExpressions =
  (desired: Row, policy: (column: string) => DriftPolicy) =>
  (column: string): DriftPolicy => {
    const own = policy(column)
    return own === 'track' && listExpressions(desired[column]).length > 0 ? 'enforce' : own
  }
