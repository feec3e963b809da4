/** What may be lost by a change: data, or the service that runs on the resource while it changes. */
import type { Column } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { Draft } from './draft-change.ts'
import type { Risk } from './planned-change.ts'

type Risky = Pick<Draft, 'action' | 'companion' | 'delta' | 'resource'>

/** The worst of what may happen; a companion goes with its parent, whose change says it for both. */
export function riskOf({ action, companion, delta, resource }: Risky, table: TableSpec): Risk {
  if (companion) return 'none'
  switch (action) {
    case 'adopt':
      return 'takes over'
    case 'delete':
    case 'replace':
      return table.holdsData === false ? 'interrupts service' : 'deletes data'
    case 'update': {
      const before = resource.observed ?? resource.base ?? {}
      const isInterrupting = Object.keys(delta).some((name) => interrupts(table.columns[name], before[name]))
      return isInterrupting ? 'interrupts service' : 'none'
    }
    case 'create':
    case 'forget':
      return 'none'
  }
}

/** Setting for the first time what was not set interrupts nothing. */
const interrupts = (column: Column | undefined, before: Json | undefined): boolean =>
  column?.interrupts === true && (before ?? false) !== false
