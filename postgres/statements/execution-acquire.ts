/** Takes an open execution for one invocation; nobody else may work on it while the lease lasts. */
import type { Json, JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import type { ExecutionKind } from './execution-insert.ts'

export interface ExecutionRecord {
  readonly execution_id: number
  readonly kind: ExecutionKind
  readonly rpc: string
  readonly arguments: readonly Json[]
  readonly actor: string
  readonly fence: number
  readonly cancel_requested: boolean
  readonly run_id: string | null
  readonly statement: number | null
  readonly context: string | null
  /** Over which it was asked for. */
  readonly connection_id: string | null
  /** What this kind of execution remembers from one invocation to the next. */
  readonly memory: JsonObject
  readonly started_at: string
}

export async function acquireExecution(
  db: Queryable,
  tenant: Tenant,
  input: { readonly executionId: string; readonly holder: string; readonly leaseSeconds: number },
): Promise<ExecutionRecord | undefined> {
  const rows = await db.query<ExecutionRecord>(
    `UPDATE ${tenant.schema}.iasql_execution_record
     SET lease_holder = :holder::uuid, fence = fence + 1, state = 'running',
       touched_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => :seconds::int)
     WHERE execution_id = :id::bigint AND ended_at IS NULL
       AND (lease_until IS NULL OR lease_until < clock_timestamp())
     RETURNING execution_id, kind, rpc, arguments, actor, fence, cancel_requested, run_id::text AS run_id, statement,
       context::text AS context, connection_id, memory, started_at`,
    { id: Number(input.executionId), holder: input.holder, seconds: input.leaseSeconds },
  )
  return rows[0]
}
