/** One line of a sync's result: what happened to a row of a table. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { describeId, rowName, shownName } from '#engine/plan/natural-name.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { describeChange } from '../plan/describe-change.ts'
import type { ResourceIndex } from './row-references.ts'

export interface SyncRow extends Row {
  readonly action: string
  readonly table_name: string
  readonly id: string
  readonly description: string
}

interface Synced {
  readonly cloudId: CloudId | null
  readonly rowId: number
  readonly row: Row
  /** Of an update: the columns that the table took over. */
  readonly changed?: PlannedChange['changed']
  /** As its record has it, where the row itself is gone. */
  readonly naturalName?: string | null
  /** Of rows that its name refers to. */
  readonly nameOf?: ResourceIndex['nameOf']
}

export function syncRow(
  action: 'create' | 'update' | 'delete',
  type: TableSpec,
  { cloudId, rowId, row, changed = {}, naturalName, nameOf }: Synced,
): SyncRow {
  const name = naturalName ?? shownName(type, row, cloudId, nameOf) ?? rowName(rowId)
  return {
    action,
    table_name: type.name,
    id: describeId({ cloudId, naturalName: name, rowId }),
    description: describeChange({ action, table: type.name, naturalName: name, changed }),
  }
}
