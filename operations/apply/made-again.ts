/** Rows whose resource stands for one that was here before: what users had taken away of what AWS makes along with it is to go again. */
import { qualifiedName, type TableSpec } from '#engine/model/table.ts'
import type { Database } from '#postgres/database.ts'
import { bareRows } from '#postgres/statements/companion-bare.ts'
import { madeAgain } from '#postgres/statements/made-again.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'

interface Scope {
  readonly db: Database
  readonly tenant: Tenant
  readonly tables: InstalledTables
}

/** Kinds of what may be taken away, with the columns by which they belong to the kind. */
const removable = ({ tables }: Scope, type: TableSpec) =>
  tables.types.flatMap((child) => {
    const made = child.createdWith.find((one) => one.removable && one.parent === qualifiedName(type))
    return made ? [{ table: child.name, via: made.via }] : []
  })

/** Of rows that went and have come back, those that stood without it. */
export async function bareAmong(
  scope: Scope,
  type: TableSpec,
  rowIds: readonly number[],
): Promise<ReadonlySet<number>> {
  const bare = new Set<number>()
  for (const child of removable(scope, type)) {
    for (const rowId of await bareRows(scope.db, scope.tenant, { type, rowIds, ...child })) bare.add(rowId)
  }
  return bare
}

/** Of rows of which only later was found out what had been made for them. */
export async function againAmong(
  scope: Scope,
  type: TableSpec,
  rowIds: readonly number[],
): Promise<ReadonlySet<number>> {
  if (removable(scope, type).length === 0) return new Set()
  const again = await madeAgain(scope.db, scope.tenant, type.name, rowIds)
  return new Set([...again, ...(await bareAmong(scope, type, rowIds))])
}
