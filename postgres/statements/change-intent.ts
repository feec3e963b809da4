/** Intents before calls: what is about to be asked of the cloud, under which token, by when. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface Intent {
  readonly change_id: number
  readonly steps: Json
  readonly attempt: number
  readonly token: string
  readonly want: Json
  readonly deadline_seconds: number
}

export interface Fence {
  readonly executionId: number
  readonly fence: number
}

/** SQL that holds while the invocation is the one that may write. */
export const isFenced = (t: string): string =>
  `EXISTS (SELECT FROM ${t}.iasql_execution_record x
     WHERE x.execution_id = :execution::bigint AND x.fence = :fence::bigint AND x.ended_at IS NULL)`

/** The number of intents stored; fewer than given means that another invocation has taken over. */
export async function storeIntents(
  db: Queryable,
  tenant: Tenant,
  { executionId, fence }: Fence,
  intents: readonly Intent[],
): Promise<number> {
  let stored = 0
  for (const page of inPages(intents)) {
    stored += await db.run(
      `UPDATE ${tenant.schema}.iasql_change_record c
       SET state = 'started', steps = i.steps, attempt = i.attempt, token = i.token, want = i.want,
         called_at = clock_timestamp(), started_at = coalesce(c.started_at, clock_timestamp()),
         deadline = clock_timestamp() + make_interval(secs => i.deadline_seconds)
       FROM jsonb_to_recordset(:intents::jsonb)
         AS i (change_id bigint, steps jsonb, attempt int, token text, want jsonb, deadline_seconds int)
       WHERE c.change_id = i.change_id AND ${isFenced(tenant.schema)}`,
      { execution: executionId, fence, intents: JSON.stringify(page) },
    )
  }
  return stored
}
