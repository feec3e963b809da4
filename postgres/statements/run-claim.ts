/** Who works on a run: claimed with a fence, kept by a heartbeat, handed over with what the next one must know. */

import type { Json } from '#engine/model/json.ts'
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface ClaimedRun {
  readonly actor: string
  readonly role: Role
  readonly connection_id: string | null
  readonly options: { readonly stopOnError?: boolean; readonly maxRows?: number }
  readonly settings: Readonly<Record<string, string>>
  readonly memory: Json
  readonly next_statement: number
  readonly failed: boolean
  readonly cancel_requested: boolean
  readonly fence: number
}

const lease = "clock_timestamp() + interval '15 seconds'"

/** Runs of one tenant that are worked on at once: what it sends beyond them waits for its own, not for those of others. */
export const runsAtOnce = 12

const runningCount = (t: string): string =>
  `SELECT count(*) FROM ${t}.iasql_run o
   WHERE o.ended_at IS NULL AND o.state = 'running' AND o.lease_until > clock_timestamp()`

/** Undefined when another invocation has it, had it, when it has ended, or when it has to wait until one of its tenant has. */
export async function claimRun(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
): Promise<ClaimedRun | undefined> {
  const rows = await db.query<ClaimedRun>(
    `UPDATE ${t}.iasql_run SET state = 'running', holder = gen_random_uuid(), fence = fence + 1, lease_until = ${lease}
     WHERE run_id = :runId::uuid AND (state IN ('handed', 'waiting')
       OR state = 'accepted' AND (cancel_requested OR (${runningCount(t)}) < ${runsAtOnce}))
     RETURNING actor, role, connection_id, options, settings, memory, next_statement, failed, cancel_requested, fence`,
    { runId },
  )
  return rows[0]
}

/** Those that have waited longest for their turn, as many as there is room for. */
export async function findNextRuns(
  db: Queryable,
  { schema: t }: Pick<Tenant, 'schema'>,
): Promise<readonly string[]> {
  const rows = await db.query<{ run_id: string }>(
    `SELECT run_id::text AS run_id FROM ${t}.iasql_run WHERE ended_at IS NULL AND state = 'accepted'
     ORDER BY created_at LIMIT greatest(0, ${runsAtOnce} - (${runningCount(t)}))`,
  )
  return rows.map((row) => row.run_id)
}

/** Undefined when the run is not the caller's any more. */
export async function renewRun(
  db: Queryable,
  { schema: t }: Tenant,
  { runId, fence }: { readonly runId: string; readonly fence: number },
): Promise<{ readonly cancel_requested: boolean } | undefined> {
  const rows = await db.query<{ cancel_requested: boolean }>(
    `UPDATE ${t}.iasql_run SET lease_until = ${lease}
     WHERE run_id = :runId::uuid AND fence = :fence::bigint AND state = 'running' RETURNING cancel_requested`,
    { runId, fence },
  )
  return rows[0]
}

export interface HandedOver {
  readonly runId: string
  readonly fence: number
  /** `handed`: the budget was spent; `waiting`: an execution runs for it. */
  readonly state: 'handed' | 'waiting'
  readonly nextStatement: number
  readonly failed: boolean
  readonly settings: object
  readonly memory: object | null
}

export async function handOverRun(db: Queryable, { schema: t }: Tenant, run: HandedOver): Promise<void> {
  await db.run(
    `UPDATE ${t}.iasql_run SET state = :state, holder = NULL, lease_until = clock_timestamp() + interval '1 minute',
       next_statement = :nextStatement::int,
       failed = :failed::boolean, settings = :settings::jsonb, memory = :memory::jsonb
     WHERE run_id = :runId::uuid AND fence = :fence::bigint AND state = 'running'`,
    {
      ...run,
      settings: JSON.stringify(run.settings),
      memory: run.memory === null ? null : JSON.stringify(run.memory),
    },
  )
}
