/** Example rows as the SQL a user would type. */

import { formatExpression } from '#engine/expression/expression.ts'
import type { Json } from '#engine/model/json.ts'
import { type ExampleRow, type Needed, withNeededValues } from '#modules/kit/examples.ts'

export const isNeeded = (value: unknown): value is Needed =>
  typeof value === 'object' && value !== null && '$needed' in value

/** As a user writes it: names of needed rows in expressions become row ids. */
export const written = (value: Json, ids: ReadonlyMap<string, string>): Json =>
  withNeededValues(value, ({ table, name, column }) =>
    formatExpression({ table, id: Number(ids.get(name)), column }),
  )

const literal = (given: Json | Needed, ids: ReadonlyMap<string, string>): string => {
  if (isNeeded(given)) return ids.get(given.$needed) ?? `'no row for ${given.$needed}'`
  const value = written(given, ids)
  if (value === null) return 'NULL'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `'${text.replaceAll("'", "''")}'`
}

/** INSERT … RETURNING id. `ids` has the row ids of the rows it needs. */
export const insertSql = (table: string, row: ExampleRow, ids: ReadonlyMap<string, string>): string => {
  const columns = Object.keys(row).map((name) => `"${name}"`)
  const values = Object.values(row).map((value) => literal(value, ids))
  const list =
    columns.length === 0 ? 'DEFAULT VALUES' : `(${columns.join(', ')}) VALUES (${values.join(', ')})`
  return `INSERT INTO ${table} ${list} RETURNING id`
}

export const updateSql = (
  table: string,
  id: string,
  row: ExampleRow,
  ids: ReadonlyMap<string, string>,
): string => {
  const assignments = Object.entries(row).map(([name, value]) => `"${name}" = ${literal(value, ids)}`)
  return `UPDATE ${table} SET ${assignments.join(', ')} WHERE id = ${id}`
}
