/** Which moves are to be gone on with: apart from how, which the sweep does not need. */
import type { Queryable } from '../database.ts'

/** Ids of those that are on their way, and that nobody is at work on. */
export async function openMoves(db: Queryable, now: Date): Promise<readonly string[]> {
  const rows = await db.query<{ tenant_id: string }>(
    `SELECT m.tenant_id FROM iasql_platform.tenant_move m JOIN iasql_platform.tenant t USING (tenant_id)
     WHERE m.phase <> 'failed' AND t.state <> 'deleting' AND (m.held_until IS NULL OR m.held_until < :now::timestamptz)
     ORDER BY m.begun_at LIMIT 1000`,
    { now: now.toISOString() },
  )
  return rows.map((row) => row.tenant_id)
}
