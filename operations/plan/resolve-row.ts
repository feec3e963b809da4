/** Row ids of references to cloud ids, and expressions to values: what a mapper is asked to make. */
import { substituteIn } from '#engine/expression/expression.ts'
import { type CloudId, isCloudReference, type SeenRow } from '#engine/model/cloud.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'

/** What is known of other resources now. */
export interface Known {
  cloudId(table: string, rowId: number): CloudId | undefined
  /** Value of a column that the cloud has given or the user has set; undefined while it is not known. */
  value(table: string, rowId: number, column: string): Json | undefined
}

export interface ResolvedRow {
  /** Every column but the local ones, references as cloud ids: what mappers take. */
  readonly want: Row
  /** The same with references as row ids: what base holds. */
  readonly row: Row
  /** Columns whose target does not exist (yet). */
  readonly missing: readonly string[]
}

export function resolveRow(type: TableSpec, given: Row, known: Known): ResolvedRow {
  const want: Record<string, Json> = {}
  const row: Record<string, Json> = {}
  const missing: string[] = []
  for (const [name, column] of Object.entries(type.columns)) {
    if (column.nature === 'local') continue
    const value = given[name] ?? null
    if (column.reference?.by === 'id' && value !== null) {
      const cloudId = known.cloudId(unqualified(column.reference.table), Number(value))
      if (!cloudId) missing.push(name)
      want[name] = cloudId ?? null
      row[name] = value
      continue
    }
    const substituted =
      column.nature === 'argument'
        ? substituteIn(column, value, ({ table, id, column: of }) => known.value(table, id, of))
        : { value, unknown: [] }
    if (substituted.unknown.length > 0) missing.push(name)
    want[name] = substituted.value
    row[name] = substituted.value
  }
  return { want, row, missing }
}

/** A row as the cloud has it in the shape mappers take: references as cloud ids. */
export const asWant = (seen: SeenRow): Row =>
  Object.fromEntries(
    Object.entries(seen).map(([name, value]) => [name, isCloudReference(value) ? value.id : value]),
  )
