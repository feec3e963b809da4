/** Result rows that an execution gathers over several invocations. */
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export async function appendExecutionRows(
  db: Queryable,
  tenant: Tenant,
  executionId: number,
  rows: readonly Row[],
): Promise<void> {
  for (const page of inPages(rows)) {
    await db.run(
      `INSERT INTO ${tenant.schema}.iasql_execution_row (execution_id, body)
       SELECT :id::bigint, row.value FROM jsonb_array_elements(:rows::jsonb) WITH ORDINALITY AS row (value, place)
       ORDER BY row.place`,
      { id: executionId, rows: JSON.stringify(page) },
    )
  }
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
