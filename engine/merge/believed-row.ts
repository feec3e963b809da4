/** Cloud reads lag: what of an observation may be believed so soon after a write of our own. */
import { equals } from '#engine/columns/canonical.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'

export interface Reading {
  /** The request as it was sent; columns that were left out are absent, those that were cleared are null. */
  readonly want: Row
  readonly observed: Row
  readonly readStartedMs: number
  readonly writtenMs: number
  readonly settleMs: number
}

/** Inside the settle time a column we sent keeps what was sent; everything else is the cloud's to tell. */
export function believedRow(table: Pick<TableSpec, 'columns'>, reading: Reading): Row {
  const { want, observed, readStartedMs, writtenMs, settleMs } = reading
  if (readStartedMs >= writtenMs + settleMs) return observed
  const believed: Record<string, Json> = { ...observed }
  for (const [name, column] of Object.entries(table.columns)) {
    const sent = want[name]
    // What AWS cannot clear has its own value by now.
    const isToTell = sent === undefined || (sent === null && !column.clearable)
    if (column.nature !== 'argument' || isToTell) continue
    if (!equals(column, sent, observed[name])) believed[name] = sent
  }
  return believed
}
