/** Imports resources in one statement; what collides with a row, or has to wait for somebody's lock, alone is left out and named. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Queryable } from '#postgres/database.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { findResources } from '#postgres/statements/resource-find.ts'
import { type ImportedRow, importResources, type NewResource } from '#postgres/statements/resource-import.ts'
import type { Tenant } from '#postgres/tenant.ts'

export interface Imported {
  readonly made: readonly NewResource[]
  readonly notices: readonly string[]
}

interface Target {
  readonly db: Queryable
  readonly tenant: Tenant
  readonly type: TableSpec
  readonly place: RowPlace
  /** How often locks may still be waited for. */
  readonly patience: { waits: number }
}

const mostWaits = 12
/** SQLSTATE class of integrity violations. */
const integrityViolation = '23'
/** SQLSTATEs: lock not available, deadlock detected. */
const locked: ReadonlySet<string> = new Set(['55P03', '40P01'])
const nothing: Imported = { made: [], notices: [] }

export const importRows = (
  db: Queryable,
  tenant: Tenant,
  type: TableSpec,
  place: RowPlace,
  rows: readonly ImportedRow[],
): Promise<Imported> => importSome({ db, tenant, type, place, patience: { waits: mostWaits } }, rows)

async function importSome(target: Target, rows: readonly ImportedRow[]): Promise<Imported> {
  const { db, tenant, type, place, patience } = target
  if (rows.length === 0) return nothing
  try {
    return { made: await importResources(db, tenant, type, place, rows), notices: [] }
  } catch (error) {
    const refusal = databaseErrorOf(error)
    const isLocked = locked.has(refusal?.sqlstate ?? '')
    if (!refusal || !(isLocked || refusal.sqlstate.startsWith(integrityViolation))) throw error
    const unknown = await withoutRecorded(target, rows)
    if (unknown.length < rows.length) return await importSome(target, unknown)
    if (isLocked) patience.waits -= 1
    if (rows.length === 1 || patience.waits <= 0)
      return { made: [], notices: [leftOut(type, rows, isLocked ? lockedReason : refusal.message)] }
    const middle = Math.ceil(rows.length / 2)
    const first = await importSome(target, rows.slice(0, middle))
    const second = await importSome(target, rows.slice(middle))
    return { made: [...first.made, ...second.made], notices: [...first.notices, ...second.notices] }
  }
}

/** Whoever works beside us may have recorded some of them meanwhile. */
async function withoutRecorded(
  { db, tenant, type, place }: Target,
  rows: readonly ImportedRow[],
): Promise<readonly ImportedRow[]> {
  const names = rows.map((row) => ({ table_name: type.name, cloud_id: row.cloudId }))
  const recorded = (await findResources(db, tenant, names)).filter(
    (record) => record.account_id === place.accountId && record.region === place.region,
  )
  const known = new Set(recorded.map((record) => canonicalJson(record.cloud_id)))
  return rows.filter((row) => !known.has(canonicalJson(row.cloudId)))
}

const lockedReason = 'a transaction that is still open has it, or what it refers to; sync again afterwards'

function leftOut(type: TableSpec, rows: readonly ImportedRow[], reason: string): string {
  const [row] = rows
  const name = `${type.name} ${row?.naturalName ?? describeCloudId(row?.cloudId ?? {})}`
  const more = rows.length > 1 ? ` and ${rows.length - 1} more` : ''
  return `${name}${more} is left out: ${reason}`
}
