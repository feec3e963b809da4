/** What to store after a merge: the new base, the columns to write into the user's row, and the edits that stand. */
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { DriftPolicy } from './merge-column.ts'
import { mergeRow, type RowStates } from './merge-row.ts'

export interface SettledRow {
  readonly base: Row
  readonly write: Row
  /** Columns that still differ from the cloud because the user's edit waits for an apply. */
  readonly open: readonly string[]
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
      case 'conflict':
        open.push(name)
        break
      case 'observe':
      case 'same':
      case undefined:
        break
    }
  }
  return { base, write, open }
}
