/** What a row and the cloud agreed on at the last look, though no sync or apply has written it down since. */
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { mergeRow, type RowStates } from './merge-row.ts'
import { agreeOn } from './unsure.ts'

/**
 * The base with every column that an edit made equal to the last observation: what the cloud shows later is drift from
 * there, not a conflict with a value that nobody holds any more.
 */
export function rebaseRow(table: Pick<TableSpec, 'columns'>, last: RowStates): Row {
  const rebased = Object.entries(mergeRow(table, last)).flatMap(([name, verdict]) =>
    verdict.kind === 'rebase' ? [[name, verdict.value] as const] : [],
  )
  return rebased.length === 0 ? last.base : agreeOn(last.base, Object.fromEntries(rebased))
}
