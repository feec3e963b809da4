/** Which columns of a row a statement can tell of: those that are the user's, and where the row is. */
import { isSame } from '#engine/columns/canonical-json.ts'
import { placeColumns } from '#engine/ddl/sql-text.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'

interface Told {
  readonly told: readonly string[]
  readonly secret: readonly string[]
}

/** It is asked of every change, and tables have many columns. */
const known = new WeakMap<TableSpec, Told>()

function columnsOf(table: TableSpec): Told {
  const found = known.get(table)
  if (found) return found
  const own = Object.entries(table.columns).filter(([name]) => isWritable(table, name))
  const told = own.flatMap(([name, { nature, secret }]) => (nature === 'output' || secret ? [] : [name]))
  const columns = {
    told: [...told, ...(table.access === 'full' ? placeColumns(table) : [])],
    secret: own.flatMap(([name, { secret }]) => (secret ? [name] : [])),
  }
  known.set(table, columns)
  return columns
}

export const toldColumns = (table: TableSpec): readonly string[] => columnsOf(table).told

/** Of these the row holds a marker, which means nothing elsewhere. */
export const secretColumns = (table: TableSpec): readonly string[] => columnsOf(table).secret

const isWritable = (table: TableSpec, column: string): boolean =>
  table.access === 'full' || table.writable.includes(column)

export const differing = (columns: readonly string[], a: Row, b: Row): readonly string[] =>
  columns.filter((name) => !isSame(a[name] ?? null, b[name] ?? null))
