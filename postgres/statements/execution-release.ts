/** Ends one invocation's hold on an execution: handed over to the next one, or ended for good. */
import type { Json, JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

interface Held {
  readonly executionId: number
  readonly fence: number
}

/** False if another invocation holds it by now. */
export async function releaseExecution(
  db: Queryable,
  tenant: Tenant,
  input: Held & { readonly state: 'running' | 'waiting'; readonly memory: JsonObject },
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE ${tenant.schema}.iasql_execution_record
     SET lease_until = NULL, lease_holder = NULL, touched_at = clock_timestamp(), state = :state,
       memory = :memory::jsonb
     WHERE execution_id = :id::bigint AND fence = :fence::bigint AND ended_at IS NULL`,
    {
      id: input.executionId,
      fence: input.fence,
      state: input.state,
      memory: JSON.stringify(input.memory),
    },
  )
  return changed > 0
}

export interface ExecutionEnd {
  readonly state: 'succeeded' | 'failed' | 'cancelled'
  readonly done: number
  readonly failed: number
  readonly total: number
  readonly error: Json
}

/** Keeps what an execution must know in the transaction of what it did; false if another invocation holds it by now. */
export async function rememberExecution(
  db: Queryable,
  tenant: Tenant,
  input: Held & { readonly memory: JsonObject },
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE ${tenant.schema}.iasql_execution_record SET memory = :memory::jsonb
     WHERE execution_id = :id::bigint AND fence = :fence::bigint AND ended_at IS NULL`,
    { id: input.executionId, fence: input.fence, memory: JSON.stringify(input.memory) },
  )
  return changed > 0
}

/** True if this invocation ended it; false if another one holds it by now. */
export async function endExecution(
  db: Queryable,
  tenant: Tenant,
  input: Held & ExecutionEnd,
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE ${tenant.schema}.iasql_execution_record
     SET ended_at = clock_timestamp(), lease_until = NULL, lease_holder = NULL, state = :state, memory = '{}',
       done = :done::int, failed = :failed::int, total = :total::int, error = :error::jsonb
     WHERE execution_id = :id::bigint AND fence = :fence::bigint AND ended_at IS NULL`,
    {
      id: input.executionId,
      fence: input.fence,
      state: input.state,
      done: input.done,
      failed: input.failed,
      total: input.total,
      error: JSON.stringify(input.error),
    },
  )
  return changed > 0
}
