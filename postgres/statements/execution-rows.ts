/** Result rows that an execution gathers over several invocations. */
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

/** False: the execution has ended, or another invocation has it by now. */
export async function appendExecutionRows(
  db: Queryable,
  tenant: Tenant,
  { executionId, fence }: { readonly executionId: number; readonly fence: number },
  rows: readonly Row[],
): Promise<boolean> {
  const t = tenant.schema
  for (const page of inPages(rows)) {
    const stored = await db.run(
      `INSERT INTO ${t}.iasql_execution_row (execution_id, body)
       SELECT x.execution_id, row.value
       FROM jsonb_array_elements(:rows::jsonb) WITH ORDINALITY AS row (value, place), (
         SELECT execution_id FROM ${t}.iasql_execution_record
         WHERE execution_id = :id::bigint AND fence = :fence::bigint AND ended_at IS NULL FOR SHARE) x
       ORDER BY row.place`,
      { id: executionId, fence, rows: JSON.stringify(page) },
    )
    if (stored < page.length) return false
  }
  return true
}

export async function readExecutionRows(
  db: Queryable,
  tenant: Tenant,
  executionId: number,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  let after = 0
  for (;;) {
    const page = await db.query<{ ordinal: number; body: Row }>(
      `SELECT ordinal, body FROM ${tenant.schema}.iasql_execution_row
       WHERE execution_id = :id::bigint AND ordinal > :after::bigint ORDER BY ordinal LIMIT 500`,
      { id: executionId, after },
    )
    rows.push(...page.map((row) => row.body))
    if (page.length < 500) return rows
    after = page.at(-1)?.ordinal ?? after
  }
}
