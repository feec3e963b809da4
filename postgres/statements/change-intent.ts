/** Intents before calls: what is about to be asked of the cloud, under which token, by when. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { jsonPages } from './paging.ts'

export interface Intent {
  readonly change_id: number
  readonly steps: Json
  readonly attempt: number
  readonly token: string
  readonly want: Json
  readonly deadline_seconds: number
  /** A create: from here until its outcome is known the row has an open intent. */
  readonly is_opening: boolean
  readonly row_attempt: number
  /** What there is of the kind before the call, ids as texts, where nothing else will tell what it made; null: as noted before. */
  readonly siblings: readonly string[] | null
}

export interface Fence {
  readonly executionId: number
  readonly fence: number
}

/** SQL that holds while the invocation is the one that may write; locked, so that it holds until the commit too. */
export const isFenced = (t: string): string =>
  `EXISTS (SELECT FROM ${t}.iasql_execution_record x
     WHERE x.execution_id = :execution::bigint AND x.fence = :fence::bigint AND x.ended_at IS NULL FOR SHARE)`

/** The number of intents stored; fewer than given means that another invocation has taken over. */
export async function storeIntents(
  db: Queryable,
  tenant: Tenant,
  { executionId, fence }: Fence,
  intents: readonly Intent[],
): Promise<number> {
  const t = tenant.schema
  let stored = 0
  for (const { json, count } of jsonPages(intents)) {
    stored += await db.run(
      // The limit tells the planner how few they are: a look into an index for each, not a scan of all changes.
      `WITH i AS (
         SELECT * FROM jsonb_to_recordset(:intents::jsonb) AS i (change_id bigint, steps jsonb, attempt int, token text,
           want jsonb, deadline_seconds int, is_opening boolean, row_attempt int, siblings jsonb)
         WHERE ${isFenced(t)} LIMIT :count::int),
       opened AS (
         INSERT INTO ${t}.iasql_intent AS n (table_name, row_id, attempt, token, want, account_id, region, natural_name,
           edit_version, snapshot, called_at, deadline, first_called_at, siblings)
         SELECT c.table_name, c.row_id, i.row_attempt, i.token, i.want, c.account_id, c.region, c.natural_name,
           c.edit_version, p.snapshot, clock_timestamp(), clock_timestamp() + make_interval(secs => i.deadline_seconds),
           clock_timestamp(), nullif(i.siblings, 'null')
         FROM i JOIN ${t}.iasql_change_record c USING (change_id) JOIN ${t}.iasql_plan_record p USING (plan_id)
         WHERE i.is_opening
         ON CONFLICT (table_name, row_id) DO UPDATE SET attempt = excluded.attempt, token = excluded.token,
           want = excluded.want, account_id = excluded.account_id, region = excluded.region,
           natural_name = excluded.natural_name, edit_version = excluded.edit_version, snapshot = excluded.snapshot,
           called_at = excluded.called_at, deadline = excluded.deadline, siblings = coalesce(excluded.siblings, n.siblings),
           candidates = NULL, first_called_at = CASE WHEN excluded.siblings IS NULL THEN n.first_called_at
             ELSE excluded.called_at END)
       UPDATE ${t}.iasql_change_record c
       SET state = 'started', steps = i.steps, attempt = i.attempt, token = i.token, want = i.want,
         called_at = clock_timestamp(), started_at = coalesce(c.started_at, clock_timestamp()),
         deadline = clock_timestamp() + make_interval(secs => i.deadline_seconds)
       FROM i WHERE c.change_id = i.change_id`,
      { execution: executionId, fence, intents: json, count },
    )
  }
  return stored
}
