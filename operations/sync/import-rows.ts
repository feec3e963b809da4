/** Imports resources in one statement; where one of them collides with a row, that one alone is left out and named. */
import type { TableSpec } from '#engine/model/table.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Queryable } from '#postgres/database.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { type ImportedRow, importResources, type NewResource } from '#postgres/statements/resource-import.ts'
import type { Tenant } from '#postgres/tenant.ts'

export interface Imported {
  readonly made: readonly NewResource[]
  readonly notices: readonly string[]
}

export async function importRows(
  db: Queryable,
  tenant: Tenant,
  type: TableSpec,
  place: RowPlace,
  rows: readonly ImportedRow[],
): Promise<Imported> {
  if (rows.length === 0) return { made: [], notices: [] }
  try {
    return { made: await importResources(db, tenant, type, place, rows), notices: [] }
  } catch (error) {
    const collision = databaseErrorOf(error)
    if (!collision?.sqlstate.startsWith(integrityViolation)) throw error
    if (rows.length === 1) return { made: [], notices: [leftOut(type, rows[0], collision.message)] }
    const middle = Math.ceil(rows.length / 2)
    const first = await importRows(db, tenant, type, place, rows.slice(0, middle))
    const second = await importRows(db, tenant, type, place, rows.slice(middle))
    return { made: [...first.made, ...second.made], notices: [...first.notices, ...second.notices] }
  }
}

/** Class of SQLSTATEs. */
const integrityViolation = '23'

const leftOut = (type: TableSpec, row: ImportedRow | undefined, reason: string): string =>
  `${type.name} ${row?.naturalName ?? Object.values(row?.cloudId ?? {}).join('|')} is left out: ${reason}`
