/** The row of a tenant in its cell, which says what the directory says. */
import type { Database, Queryable } from '../database.ts'

/** Decided in the directory, whoever asks for it; everything else of the row is the cell's once it is there. */
const decided = [
  'alias',
  'state',
  'suspended_at',
  'is_home',
  'quota_bytes',
  'quota_statements',
  'quota_runs',
  'quota_connections',
] as const

/** Makes the cell's row, or makes it equal where it is there. Safe to repeat, also at the same time. */
export async function mirrorTenant(directory: Queryable, cell: Database, tenantId: string): Promise<void> {
  await cell.transaction(async (transaction) => {
    // The directory is asked under the lock: who writes last has read last.
    await transaction.query(
      'SELECT 1 AS one FROM iasql_platform.tenant WHERE tenant_id = :tenant FOR UPDATE',
      {
        tenant: tenantId,
      },
    )
    await copyRow(directory, transaction, tenantId)
  })
}

async function copyRow(directory: Queryable, cell: Queryable, tenantId: string): Promise<void> {
  const [found] = await directory.query<{ row: object }>(
    `SELECT to_jsonb(t) - 'lease_holder' - 'lease_until' AS row FROM iasql_platform.tenant t WHERE t.tenant_id = :tenant`,
    { tenant: tenantId },
  )
  if (!found) return
  await cell.run(
    `INSERT INTO iasql_platform.tenant AS t
     SELECT (jsonb_populate_record(NULL::iasql_platform.tenant, CAST(:row AS jsonb)
       || jsonb_build_object('database_name', current_database(), 'placement', 'dedicated'))).*
     ON CONFLICT (tenant_id) DO UPDATE SET ${decided.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    { row: JSON.stringify(found.row) },
  )
}
