/** Stores a durable execution before anything starts it. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export type ExecutionKind = 'apply' | 'sync' | 'install' | 'uninstall'

export interface NewExecution {
  readonly kind: ExecutionKind
  /** The function that asked for it, under which its result is stored. */
  readonly rpc: string
  readonly arguments: readonly Json[]
  readonly actor: string
  readonly runId?: string | undefined
  readonly statement?: number | undefined
  readonly context?: string | undefined
  readonly planId?: number | undefined
}

export async function insertExecution(
  db: Queryable,
  tenant: Tenant,
  execution: NewExecution,
): Promise<string> {
  const rows = await db.query<{ execution_id: number }>(
    `INSERT INTO ${tenant.schema}.iasql_execution_record
       (kind, rpc, arguments, actor, run_id, statement, context, plan_id)
     VALUES (:kind, :rpc, :arguments::jsonb, :actor, :runId::uuid, :statement::int, :context::uuid, :planId::bigint)
     RETURNING execution_id`,
    {
      kind: execution.kind,
      rpc: execution.rpc,
      arguments: JSON.stringify(execution.arguments),
      actor: execution.actor,
      runId: execution.runId,
      statement: execution.statement,
      context: execution.context,
      planId: execution.planId,
    },
  )
  return String(rows[0]?.execution_id)
}
