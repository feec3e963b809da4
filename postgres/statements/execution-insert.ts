/** Stores a durable execution before anything starts it. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export type ExecutionKind = 'apply' | 'commit' | 'sync' | 'install' | 'uninstall'

export interface NewExecution {
  readonly kind: ExecutionKind
  /** The function that asked for it, under which its result is stored. */
  readonly rpc: string
  readonly arguments: readonly Json[]
  readonly actor: string
  readonly runId?: string | undefined
  readonly statement?: number | undefined
  readonly context?: string | undefined
  /** Over which it was asked for: rows of its session's open transaction are not others'. */
  readonly connectionId?: string | null | undefined
  /** The run's, of the runner that asks: it must still hold the run, and a cancel of the run is the execution's too. */
  readonly runner?: { readonly runId: string; readonly fence: number } | undefined
}

/** Undefined when the run is not the runner's any more. Its row is locked, so that a cancel comes before this or after. */
export async function insertExecution(
  db: Queryable,
  tenant: Tenant,
  execution: NewExecution,
): Promise<string | undefined> {
  const rows = await db.query<{ execution_id: number }>(
    `WITH held AS (
       SELECT cancel_requested FROM ${tenant.schema}.iasql_run
       WHERE run_id = :heldRunId::uuid AND fence = :fence::bigint AND state = 'running' FOR UPDATE),
     asked AS (
       SELECT cancel_requested FROM held UNION ALL SELECT false WHERE :heldRunId::uuid IS NULL)
     INSERT INTO ${tenant.schema}.iasql_execution_record
       (kind, rpc, arguments, actor, run_id, statement, context, cancel_requested, connection_id)
     SELECT :kind, :rpc, :arguments::jsonb, :actor, :runId::uuid, :statement::int, :context::uuid,
       asked.cancel_requested, :connectionId FROM asked
     RETURNING execution_id`,
    {
      kind: execution.kind,
      rpc: execution.rpc,
      arguments: JSON.stringify(execution.arguments),
      actor: execution.actor,
      runId: execution.runId,
      statement: execution.statement,
      context: execution.context,
      connectionId: execution.connectionId,
      heldRunId: execution.runner?.runId,
      fence: execution.runner?.fence,
    },
  )
  return rows[0] && String(rows[0].execution_id)
}
