/** Events become rows before they become messages: numbered under the lock of the run's row, so without gaps. */
import type { JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface NewEvents {
  readonly runId: string
  /** JSON array of events. */
  readonly events: string
  readonly count: number
  /** The runner's; absent for an execution that reports on behalf of the run. */
  readonly fence?: number
  /** The run ends with these events. */
  readonly endState?: string
}

export interface StoredEvents {
  /** `seq` of the first of them. */
  readonly first_seq: number
  readonly listeners: readonly string[]
  readonly cancel_requested: boolean
}

/** Undefined when the run has ended or is not the caller's any more. */
export async function insertRunEvents(
  db: Queryable,
  { schema: t }: Tenant,
  { runId, events, count, fence, endState }: NewEvents,
): Promise<StoredEvents | undefined> {
  const ending = endState
    ? ', state = :endState, ended_at = clock_timestamp(), holder = NULL, lease_until = NULL, memory = NULL'
    : ''
  const text = endState
    ? `, part AS (DELETE FROM ${t}.iasql_run_part USING run WHERE run_id = :runId::uuid)`
    : ''
  const rows = await db.query<StoredEvents>(
    `WITH run AS (
       UPDATE ${t}.iasql_run SET last_seq = last_seq + :count::int${ending}
       WHERE run_id = :runId::uuid AND ended_at IS NULL AND fence = coalesce(:fence::bigint, fence)
       RETURNING last_seq - :count::int + 1 AS first_seq, listeners, cancel_requested),
     event AS (
       INSERT INTO ${t}.iasql_event (run_id, seq, kind, body)
       SELECT :runId::uuid, run.first_seq + item.place - 1, item.value->>'type', item.value
       FROM run, jsonb_array_elements(:events::jsonb) WITH ORDINALITY AS item (value, place))${text}
     SELECT first_seq, listeners, cancel_requested FROM run`,
    { runId, events, count, fence, ...(endState ? { endState } : {}) },
  )
  return rows[0]
}

/**
 * Numbered after the newest one that is committed, so within a transaction that holds the row of the execution: two
 * invocations would take the same numbers.
 */
export async function insertExecutionEvents(
  transaction: Queryable,
  { schema: t }: Tenant,
  executionId: string,
  events: readonly { readonly kind: string; readonly body: JsonObject }[],
): Promise<void> {
  await transaction.query(
    `SELECT execution_id FROM ${t}.iasql_execution_record WHERE execution_id = :executionId::bigint FOR UPDATE`,
    { executionId },
  )
  await transaction.run(
    `INSERT INTO ${t}.iasql_event (execution_id, seq, kind, body)
     SELECT :executionId::bigint, last.seq + item.place, item.value->>'kind', item.value->'body'
     FROM (SELECT coalesce(max(seq), 0) AS seq FROM ${t}.iasql_event WHERE execution_id = :executionId::bigint) last,
       jsonb_array_elements(:events::jsonb) WITH ORDINALITY AS item (value, place)`,
    { executionId, events: JSON.stringify(events) },
  )
}
