/** The changes an execution works on, with everything that must survive the process. */

import type { CloudId } from '#engine/model/cloud.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { isOpen } from './open-change.ts'
import { readPages } from './paging.ts'

export interface ChangeRecord {
  readonly change_id: number
  readonly planned: Json
  readonly steps: Json
  readonly state: string
  readonly cloud_id: CloudId | null
  /** Of what has failed or was skipped of it so far. */
  readonly error_code: string | null
  readonly token: string | null
  readonly want: Row | null
  readonly started_at: string | null
  readonly called_at: string | null
  /** When a call in flight has ended for certain. */
  readonly deadline: string | null
  /** Of the row's creates, over all changes. */
  readonly row_attempt: number
  /** The row has a create whose outcome nobody knows: its request. */
  readonly open_token: string | null
  readonly open_want: Row | null
  readonly open_deadline: string | null
  /** When it was called first under this token. */
  readonly open_since: string | null
  /** Ids, as texts, of which somebody has to say which is what it made. */
  readonly open_candidates: readonly string[] | null
}

/** All changes of those plans of the execution that still have an open one. */
export async function loadChanges(
  db: Queryable,
  tenant: Tenant,
  executionId: number,
): Promise<readonly ChangeRecord[]> {
  const t = tenant.schema
  const open = await db.query<{ plan_id: number }>(
    `SELECT DISTINCT plan_id FROM ${t}.iasql_change_record
     WHERE execution_id = :execution::bigint AND ${isOpen()}`,
    { execution: executionId },
  )
  return await readPages<ChangeRecord & { readonly sort: number }>(
    db,
    `SELECT change_id AS sort, change_id, planned, steps, state, cloud_id, error->>'code' AS error_code, c.token, c.want, c.started_at, c.called_at, c.deadline,
      coalesce(i.attempt, 0) AS row_attempt, i.token AS open_token,
      CASE WHEN i.token IS NOT NULL THEN i.want END AS open_want, i.deadline AS open_deadline,
      i.first_called_at AS open_since, i.candidates AS open_candidates
    FROM ${t}.iasql_change_record c LEFT JOIN ${t}.iasql_intent i USING (table_name, row_id)
    WHERE change_id > :after::bigint AND execution_id = :execution::bigint
      AND plan_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:plans::jsonb))
    ORDER BY change_id LIMIT :most::int`,
    { execution: executionId, plans: JSON.stringify(open.map((plan) => plan.plan_id)) },
  )
}

export async function hasOpenChanges(db: Queryable, tenant: Tenant, executionId: number): Promise<boolean> {
  const rows = await db.query<{ open: boolean }>(
    `SELECT EXISTS (SELECT FROM ${tenant.schema}.iasql_change_record
       WHERE execution_id = :execution::bigint AND ${isOpen()}) AS open`,
    { execution: executionId },
  )
  return rows[0]?.open ?? false
}

/** Keys of rows that the execution has dealt with already, whatever came of it. */
export async function endedKeys(
  db: Queryable,
  tenant: Tenant,
  executionId: number,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  let after = 0
  for (;;) {
    const page = await db.query<{ change_id: number; key: string }>(
      `SELECT change_id, table_name || '/' || row_id AS key FROM ${tenant.schema}.iasql_change_record
       WHERE execution_id = :execution::bigint AND change_id > :after::bigint ORDER BY change_id LIMIT 5000`,
      { execution: executionId, after },
    )
    for (const row of page) keys.add(row.key)
    if (page.length < 5_000) return keys
    after = page.at(-1)?.change_id ?? after
  }
}
