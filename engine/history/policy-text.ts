/** Drift policies as statements: they name a row of another table by a column that is no reference. */
import type { Row } from '#engine/model/json.ts'
import type { AuditedChange } from './audited-change.ts'
import { idText, type Naming } from './row-text.ts'
import { quoted, type Target } from './value-text.ts'

export const policyTable = 'iasql_drift_policy'

const columns = ['table_name', 'row_id', 'column_name', 'policy'] as const

export const policyTargets = ({ original, change }: AuditedChange): readonly Target[] =>
  [original, change].flatMap((row) =>
    typeof row?.row_id === 'number' ? [{ table: String(row.table_name), id: row.row_id }] : [],
  )

/** Undefined where the row that it is about is not known. */
export function policyText(naming: Naming, { original, change }: AuditedChange): string | undefined {
  const [before, after] = [original && textsOf(naming, original), change && textsOf(naming, change)]
  if (before === undefined || after === undefined) return undefined
  if (!before) return after ? insertText(after) : undefined
  const condition = columns
    .slice(0, 3)
    .map((column, index) => (before[index] === 'NULL' ? `${column} IS NULL` : `${column} = ${before[index]}`))
    .join(' AND ')
  if (!after) return `DELETE FROM ${policyTable} WHERE ${condition};`
  const set = columns.flatMap((column, index) =>
    before[index] === after[index] ? [] : [`${column} = ${after[index]}`],
  )
  return `UPDATE ${policyTable} SET ${set.join(', ')} WHERE ${condition};`
}

function insertText(after: readonly string[]): string {
  const given = columns.filter((_, index) => after[index] !== 'NULL')
  const values = after.filter((text) => text !== 'NULL')
  return `INSERT INTO ${policyTable} (${given.join(', ')}) VALUES (${values.join(', ')});`
}

function textsOf(naming: Naming, row: Row): readonly string[] | undefined {
  const id = typeof row.row_id === 'number' ? idText(naming, String(row.table_name), row.row_id) : 'NULL'
  if (id === undefined) return undefined
  const text = (value: Row[string] | undefined): string => (value == null ? 'NULL' : quoted(String(value)))
  return [text(row.table_name), id, text(row.column_name), text(row.policy)]
}
