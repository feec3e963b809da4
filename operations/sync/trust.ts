/** Which reads count: cloud reads lag, so one that began too soon after our own write proves nothing. */
import { equals } from '#engine/columns/canonical.ts'
import { unsureColumns } from '#engine/merge/unsure.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { LoadedState } from '../plan/load-states.ts'
import type { Ports } from '../ports.ts'

/** Whether reads of this resource that began then have stopped lagging. */
export function isSettled(ports: Ports, type: TableSpec, startedAt: Date, state: LoadedState): boolean {
  const writtenMs = state.writtenAt ? new Date(state.writtenAt).getTime() : 0
  return startedAt.getTime() >= writtenMs + ports.cloud.settleMs(type.settleMs)
}

/** Whether what was read is what was written last, so that it can lag no more. */
export const showsWritten = ({ columns }: TableSpec, { base }: LoadedState, observed: Row): boolean =>
  base !== null &&
  unsureColumns(base).length === 0 &&
  Object.entries(columns).every(
    ([name, column]) => column.nature !== 'argument' || equals(column, base[name], observed[name]),
  )
