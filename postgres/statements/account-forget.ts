/** All rows of one account and their records go, in the order of none: keys are checked when the transaction ends. */
import { noteAuthor } from '../author.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { dropPoliciesOfGoneRows } from './drift-policy-drop.ts'
import { closed } from './intent-close.ts'
import { shortWaits } from './short-waits.ts'

export interface AccountScope {
  readonly accountId: string
  /** Tables that have an account. */
  readonly tables: readonly string[]
}

/** Executions of the tenant that have not ended: `execution 7 of ann`. */
export async function executionsUnderWay(db: Queryable, { schema: t }: Tenant): Promise<readonly string[]> {
  const rows = await db.query<{ holder: string }>(
    `SELECT 'execution ' || execution_id || ' of ' || actor AS holder FROM ${t}.iasql_execution_record
     WHERE ended_at IS NULL ORDER BY execution_id LIMIT 20`,
  )
  return rows.map(({ holder }) => holder)
}

/** Rows, and records of rows that are deleted and not applied. */
const rowsOf = (t: string, { tables }: AccountScope): string =>
  [
    ...tables.map(
      (table) =>
        `SELECT '${table}' AS table_name, id AS row_id FROM ${t}."${table}" WHERE account_id = :account`,
    ),
    `SELECT table_name, row_id FROM ${t}.iasql_resource WHERE account_id = :account`,
  ].join(' UNION ')

/** Texts of other rows that stand for a value of these: `column of table 7`. */
export async function expressingAccount(
  db: Queryable,
  { schema: t }: Tenant,
  scope: AccountScope,
): Promise<readonly string[]> {
  if (scope.tables.length === 0) return []
  const rows = await db.query<{ place: string }>(
    `WITH going AS (${rowsOf(t, scope)})
     SELECT e.column_name || ' of ' || e.table_name || ' ' || e.row_id AS place FROM ${t}.iasql_expression e
     JOIN going g ON g.table_name = e.target_table AND g.row_id = e.target_id
     WHERE NOT EXISTS (SELECT FROM going o WHERE o.table_name = e.table_name AND o.row_id = e.row_id)
     ORDER BY 1 LIMIT 20`,
    { account: scope.accountId },
  )
  return rows.map(({ place }) => place)
}

/** How many rows went, and how many of them had edits that no apply has taken up. */
export async function forgetAccount(
  transaction: Queryable,
  tenant: Tenant,
  scope: AccountScope,
): Promise<{ readonly rows: number; readonly edited: number }> {
  const { schema: t } = tenant
  const { accountId: account, tables } = scope
  if (tables.length === 0) return { rows: 0, edited: 0 }
  await transaction.query(`SELECT 1 AS one FROM ${shortWaits}, ${noteAuthor}`)
  const going = `(${rowsOf(t, scope)}) g`
  const [counts] = await transaction.query<{ rows: number; edited: number }>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE EXISTS (
       SELECT FROM ${t}.iasql_edit e WHERE e.table_name = g.table_name AND e.row_id = g.row_id)) AS edited
     FROM ${going}`,
    { account },
  )
  await transaction.run(
    `UPDATE ${t}.iasql_intent i SET ${closed} WHERE i.account_id = :account AND i.token IS NOT NULL`,
    { account },
  )
  for (const relation of ['iasql_edit', 'iasql_expression'])
    await transaction.run(
      `DELETE FROM ${t}.${relation} r USING ${going} WHERE r.table_name = g.table_name AND r.row_id = g.row_id`,
      { account },
    )
  for (const table of tables) {
    await transaction.run(`DELETE FROM ${t}."${table}" WHERE account_id = :account`, { account })
  }
  for (const relation of ['iasql_resource', 'iasql_forgotten']) {
    await transaction.run(`DELETE FROM ${t}.${relation} WHERE account_id = :account`, { account })
  }
  await dropPoliciesOfGoneRows(transaction, tenant)
  return { rows: counts?.rows ?? 0, edited: counts?.edited ?? 0 }
}
