/** What an execution was to point at the new one of a replaced row, or has. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface TurnedNeighbour {
  readonly table_name: string
  readonly row_id: number
  readonly column: string
  /** Key of the replaced row. */
  readonly target: string
  /** It may point there by now. */
  readonly is_turned: boolean
}

/** `targets`: keys of the replaced rows. Of what stands. */
export async function turnedNeighbours(
  transaction: Queryable,
  { schema: t }: Tenant,
  executionId: number,
  targets: Iterable<string>,
): Promise<readonly TurnedNeighbour[]> {
  return await transaction.query<TurnedNeighbour>(
    `SELECT c.table_name, c.row_id, r->>'column' AS "column", r->>'target' AS target,
       bool_or(CASE WHEN c.action = 'replace' THEN k.cloud_id IS DISTINCT FROM c.planned->'cloudId'
         ELSE c.state = 'done' OR c.attempt > 0 OR c.called_at IS NOT NULL END) AS is_turned
     FROM ${t}.iasql_change_record c
     JOIN ${t}.iasql_resource k ON k.table_name = c.table_name AND k.row_id = c.row_id
     CROSS JOIN LATERAL jsonb_array_elements(c.planned->'references') r
     WHERE c.execution_id = :execution::bigint AND NOT c.companion AND c.action IN ('create', 'update', 'replace')
       AND r->>'side' = 'desired' AND NOT r ? 'of' AND NOT coalesce((r->>'isThrough')::boolean, false)
       AND r->>'target' IN (SELECT jsonb_array_elements_text(:targets::jsonb))
     GROUP BY 1, 2, 3, 4`,
    { execution: executionId, targets: JSON.stringify([...targets]) },
  )
}
