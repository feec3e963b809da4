/** One change of one row as the statement that makes it. */
import { isSame } from '#engine/columns/canonical-json.ts'
import { placeColumns } from '#engine/ddl/sql-text.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { idText, isDefaultAccount, type Naming, rowCondition } from './row-text.ts'
import { differing, secretColumns, toldColumns } from './told-columns.ts'
import { columnOf, name, quoted, valueText } from './value-text.ts'

/** What has to be given by whoever runs the statement, in the words of a comment. */
function missingWords(table: TableSpec, columns: readonly string[]): string {
  const isSecret = columns.every((column) => table.columns[column]?.secret)
  const what = isSecret ? 'a secret is not kept' : 'what the log does not hold'
  return `give ${columns.join(', ')}: ${what}`
}

const missingComment = (table: TableSpec, columns: readonly string[]): string =>
  columns.length > 0 ? ` /* ${missingWords(table, columns)} */` : ''

/** Secrets, and contents whose bytes are not at hand. */
function splitTold(
  naming: Naming,
  table: TableSpec,
  row: Row,
  columns: readonly string[],
): { readonly told: readonly string[]; readonly missing: readonly string[] } {
  const isMissing = (column: string): boolean => {
    const { secret, content } = table.columns[column] ?? {}
    const value = row[column] ?? null
    return value !== null && (secret === true || (content === true && !naming.contents.has(String(value))))
  }
  return { told: columns.filter((column) => !isMissing(column)), missing: columns.filter(isMissing) }
}

function textOf(naming: Naming, table: TableSpec, column: string, row: Row): string {
  const value = row[column] ?? null
  const given =
    columnOf(table, column)?.content && value !== null ? naming.contents.get(String(value)) : undefined
  return given === undefined
    ? valueText(columnOf(table, column), value, (other, id) => idText(naming, other, id))
    : quoted(given)
}

/** Without what PostgreSQL fills in the same way: nulls and defaults. */
export function insertText(naming: Naming, table: TableSpec, row: Row): string {
  const place = placeColumns(table)
  const columns = [...toldColumns(table), ...secretColumns(table)].filter((column) => {
    if (column === 'account_id' && place.includes(column)) return !isDefaultAccount(naming.replayed, row)
    const value = row[column] ?? null
    const standard = place.includes(column) ? undefined : table.columns[column]?.default
    return value !== null && (standard === undefined || !isSame(value, standard))
  })
  const { told, missing } = splitTold(naming, table, row, columns)
  const comment = missingComment(table, missing)
  const into = `INSERT INTO ${name(table.name)}`
  if (told.length === 0) return `${into}${comment} DEFAULT VALUES;`
  const values = told.map((column) => textOf(naming, table, column, row))
  return `${into} (${told.map(name).join(', ')})${comment} VALUES (${values.join(', ')});`
}

/** Undefined when nothing of what is the user's has changed. What cannot be told alone is a comment as a whole. */
export function updateText(
  naming: Naming,
  table: TableSpec,
  { id, from, to }: { readonly id: number; readonly from: Row; readonly to: Row },
): string | undefined {
  const changed = differing([...toldColumns(table), ...secretColumns(table)], from, to)
  const { told: given, missing } = splitTold(naming, table, to, changed)
  const condition = rowCondition(naming, table, id)
  if (condition === undefined || changed.length === 0) return undefined
  const set = given.map((column) => `${name(column)} = ${textOf(naming, table, column, to)}`)
  if (set.length === 0) {
    const told = `UPDATE ${name(table.name)} SET … WHERE ${condition}; ${missingWords(table, missing)}`
    // Nothing of a value may stand outside of the comment.
    return `-- ${told.replace(/[\r\n]+/g, ' ')}`
  }
  return `UPDATE ${name(table.name)} SET ${set.join(', ')}${missingComment(table, missing)} WHERE ${condition};`
}

export function deleteText(naming: Naming, table: TableSpec, id: number): string | undefined {
  const condition = rowCondition(naming, table, id)
  return condition === undefined ? undefined : `DELETE FROM ${name(table.name)} WHERE ${condition};`
}
