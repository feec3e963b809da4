/** No transaction outlives the execution that commits it as `committing`: nobody could end it. */
import type { JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** It is open again where nothing was begun; otherwise it has failed, and what is pending of it is everybody's to see. */
export async function leaveCommit(
  transaction: Queryable,
  { schema: t }: Tenant,
  execution: { readonly execution_id: number; readonly memory: JsonObject },
): Promise<void> {
  const { phase = 'prepare' } = execution.memory
  await transaction.run(
    `WITH own AS (
       UPDATE ${t}.iasql_transaction x SET state = s.state,
         closed_at = CASE WHEN s.state = 'failed' THEN clock_timestamp() END
       FROM (SELECT CASE WHEN NOT :early::boolean OR EXISTS (
           SELECT FROM ${t}.iasql_change_record c WHERE c.execution_id = :execution::bigint)
         THEN 'failed' ELSE 'open' END AS state) s
       WHERE x.execution_id = :execution::bigint AND x.state = 'committing'
       RETURNING x.transaction_id, x.actor, x.state),
     images AS (DELETE FROM ${t}.iasql_transaction_row r USING own WHERE r.transaction_id = own.transaction_id)
     INSERT INTO ${t}.iasql_audit (change_type, by_engine, actor, transaction_id, execution_id)
     SELECT m.change_type, true, own.actor, own.transaction_id, :execution::bigint
     FROM own JOIN (VALUES (1, 'END_COMMIT'), (2, 'CLOSE_TRANSACTION')) m (place, change_type)
       ON m.place = 1 OR own.state = 'failed' ORDER BY m.place`,
    { execution: execution.execution_id, early: phase === 'prepare' || phase === 'forward' },
  )
}
