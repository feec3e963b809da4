/** Runs that somebody must look after: whose runner died, that nobody started, or that were between two invocations. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface OpenRun {
  readonly run_id: string
  readonly state: 'accepted' | 'running' | 'handed' | 'waiting'
  readonly execution_id: string | null
  readonly next_statement: number
}

/** `isSole`: no other server is alive, so a lease that has not run out yet is a dead one's all the same. */
export async function lostRuns(
  db: Queryable,
  { schema: t }: Tenant,
  { isSole }: { readonly isSole: boolean },
): Promise<readonly OpenRun[]> {
  return db.query<OpenRun>(
    `SELECT run_id, state, r.memory->>'executionId' AS execution_id, next_statement FROM ${t}.iasql_run r
     WHERE r.ended_at IS NULL AND (
       state = 'running' AND (:isSole::boolean OR lease_until < clock_timestamp())
       OR state IN ('handed', 'waiting') AND :isSole::boolean
       OR state = 'handed' AND lease_until < clock_timestamp()
       OR state = 'waiting' AND EXISTS (
         SELECT FROM ${t}.iasql_execution_record x WHERE x.execution_id = (r.memory->>'executionId')::bigint
           AND x.ended_at < clock_timestamp() - interval '1 minute')
       OR state = 'accepted' AND (:isSole::boolean OR created_at < clock_timestamp() - interval '15 seconds'))
     ORDER BY created_at`,
    { isSole },
  )
}

/** Takes the run from a runner that may not be quite dead: whatever it still tries is refused by the fence. */
export async function fenceRun(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
): Promise<number | undefined> {
  const rows = await db.query<{ fence: number }>(
    `UPDATE ${t}.iasql_run SET fence = fence + 1, lease_until = clock_timestamp() + interval '15 seconds'
     WHERE run_id = :runId::uuid AND state = 'running' RETURNING fence`,
    { runId },
  )
  return rows[0]?.fence
}
