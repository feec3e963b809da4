/** In which accounts and regions rows stand that have a value in a column. */
import { identifier } from '#engine/ddl/sql-text.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

interface RowPlaced {
  readonly row_id: number
  readonly account_id: string
  readonly region: string | null
}

/** `columns`: of its place, as far as the table has them. */
export const rowPlaces = (
  db: Queryable,
  { schema }: Tenant,
  {
    table,
    column,
    sqlType,
    value,
    columns,
  }: {
    readonly table: string
    readonly column: string
    /** Of the column, whose index is of use then. */
    readonly sqlType: string
    readonly value: string
    readonly columns: readonly string[]
  },
): Promise<readonly RowPlaced[]> =>
  db.query<RowPlaced>(
    `SELECT id AS row_id, account_id, ${columns.includes('region') ? 'region' : 'CAST(NULL AS text)'} AS region
     FROM ${schema}.${identifier(table)} WHERE ${identifier(column)} = CAST(:value AS ${sqlType}) ORDER BY id LIMIT 1`,
    { value },
  )
