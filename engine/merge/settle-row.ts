/** What to store after a merge: the new base, the columns to write into the user's row, and the edits that stand. */
import { equals } from '#engine/columns/canonical.ts'
import { sentExpressions, withSentExpressions } from '#engine/expression/expression.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { DriftPolicy } from './merge-column.ts'
import { mergeRow, type RowStates } from './merge-row.ts'
import { unsureColumns, withUnsure } from './unsure.ts'

export interface SettledRow {
  readonly base: Row
  readonly write: Row
  /** Columns that still differ from the cloud because the user's edit waits for an apply. */
  readonly open: readonly string[]
  /** Columns that the cloud changed and the row did not take over. */
  readonly drifted: readonly string[]
}

export function settleRow(
  table: Pick<TableSpec, 'columns'>,
  states: RowStates,
  policy: (column: string) => DriftPolicy = () => 'track',
): SettledRow {
  const verdicts = mergeRow(table, states, policy)
  const base: Record<string, Json> = {}
  const write: Record<string, Json> = {}
  const open: string[] = []
  const drifted: string[] = []
  for (const [name, column] of Object.entries(table.columns)) {
    if (column.nature === 'local') continue
    const verdict = verdicts[name]
    base[name] = states.base[name] ?? null
    switch (verdict?.kind) {
      case 'pull':
      case 'restore':
        write[name] = verdict.value
        base[name] = verdict.value
        break
      case 'rebase':
        base[name] = verdict.value
        break
      case 'push':
        open.push(name)
        if (!isUntouched(column, states, name)) drifted.push(name)
        break
      case 'conflict':
        open.push(name)
        drifted.push(name)
        break
      case 'observe':
        drifted.push(name)
        break
      case 'same':
      case undefined:
        break
    }
  }
  const agreed = withUnsure(
    base,
    unsureColumns(states.base).filter((name) => open.includes(name)),
  )
  return { base: withSentExpressions(agreed, sentExpressions(states.base)), write, open, drifted }
}

/** Whether the cloud still has what was agreed on. */
const isUntouched = (column: Column, { base, observed }: RowStates, name: string): boolean =>
  observed[name] === undefined || equals(column, observed[name], base[name])
