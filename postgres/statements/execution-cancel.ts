/** Asks for the end of an open execution; the invocation that works on it sees it at its next heartbeat. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function requestCancel(
  db: Queryable,
  tenant: Tenant,
  executionId: number,
): Promise<{ readonly state: string } | undefined> {
  const rows = await db.query<{ state: string }>(
    `UPDATE ${tenant.schema}.iasql_execution_record
     SET cancel_requested = cancel_requested OR ended_at IS NULL
     WHERE execution_id = :id::bigint RETURNING state`,
    { id: executionId },
  )
  return rows[0]
}
