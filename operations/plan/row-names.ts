/** Rows by the names that plans show: a reference within a natural key is the name of what it refers to. */
import type { Row } from '#engine/model/json.ts'
import { rowName, shownName } from '#engine/plan/natural-name.ts'
import { resourceKey, unqualified } from '#engine/plan/resource.ts'
import type { Database } from '#postgres/database.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { addStates, type LoadedStates } from './load-neighbours.ts'
import { loadStates } from './load-states.ts'

interface Scope {
  readonly db: Database
  readonly tenant: Tenant
  readonly tables: InstalledTables
}

interface NamedRow {
  readonly table: string
  readonly rowId: number
  /** As it is to be named, whatever its table has by now. */
  readonly row: Row
}

/** How many references a name goes through, such as a rule's to its listener's load balancer. */
const deepest = 5

/** For these rows, and for what their natural keys refer to. */
export async function nameRows(
  scope: Scope,
  rows: readonly NamedRow[],
): Promise<(table: string, rowId: number) => string> {
  const given = new Map(rows.map(({ table, rowId, row }) => [resourceKey(table, rowId), row]))
  const known: LoadedStates = new Map()
  await load(scope, known, rows)
  for (let depth = 0; depth < deepest; depth += 1) {
    const wanted = [...known.values()].flatMap(({ table, rowId, desired, base }) =>
      referencesOf(scope, table, given.get(resourceKey(table, rowId)) ?? desired ?? base ?? {}),
    )
    const before = known.size
    await load(scope, known, [
      ...wanted,
      ...rows.flatMap(({ table, row }) => referencesOf(scope, table, row)),
    ])
    if (known.size === before) break
  }
  const named = (table: string, rowId: number, depth = 0): string | null => {
    const key = resourceKey(table, rowId)
    const type = scope.tables.lookup.get(table)
    const state = known.get(key)
    const row = given.get(key) ?? state?.desired ?? state?.base ?? state?.observed
    if (!type || !row || depth > deepest) return null
    return shownName(type, row, state?.cloudId ?? null, (other, id) => named(other, id, depth + 1))
  }
  return (table, rowId) => named(table, rowId) ?? rowName(rowId)
}

type Wanted = Pick<NamedRow, 'table' | 'rowId'>

function referencesOf({ tables }: Scope, table: string, row: Row): readonly Wanted[] {
  const type = tables.lookup.get(table)
  return (type?.naturalKey ?? []).flatMap((column) => {
    const reference = type?.columns[column]?.reference
    const id = row[column]
    return reference?.by === 'id' && typeof id === 'number'
      ? [{ table: unqualified(reference.table), rowId: id }]
      : []
  })
}

async function load(
  { db, tenant, tables }: Scope,
  known: LoadedStates,
  wanted: readonly Wanted[],
): Promise<void> {
  const missing = wanted.filter(({ table, rowId }) => !known.has(resourceKey(table, rowId)))
  for (const [table, some] of Map.groupBy(missing, (one) => one.table)) {
    const type = tables.lookup.get(table)
    const ids = [...new Set(some.map(({ rowId }) => rowId))]
    if (type) addStates(known, await loadStates(db, tenant, type, { kind: 'rows', ids }))
  }
}
