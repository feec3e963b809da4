/** One line of a sync's result: what happened to a row of a table. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { describeId, naturalName } from '#engine/plan/natural-name.ts'

export interface SyncRow extends Row {
  readonly action: string
  readonly table_name: string
  readonly id: string
  readonly description: string
}

export function syncRow(
  action: 'create' | 'update' | 'delete',
  type: TableSpec,
  resource: { readonly cloudId: CloudId | null; readonly rowId: number },
  row: Row,
): SyncRow {
  const name = naturalName(type, row) ?? ''
  return {
    action,
    table_name: type.name,
    id: describeId({ cloudId: resource.cloudId, naturalName: name, rowId: resource.rowId }),
    description: name ? `${type.name} ${name}` : type.name,
  }
}
