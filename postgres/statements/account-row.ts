/** The row of an account in the tenant's own table. */
import { noteAuthor } from '../author.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import type { LinkedAccount } from './linked-account.ts'

export interface AccountRow extends LinkedAccount {
  readonly alias: string | null
  readonly is_default: boolean
}

/** The tenant's first account becomes its default. */
export async function putAccountRow(
  db: Queryable,
  { schema: t }: Tenant,
  { account_id, alias, read_role_arn, write_role_arn, external_id }: Omit<AccountRow, 'is_default'>,
): Promise<AccountRow | undefined> {
  const [row] = await db.query<AccountRow>(
    `INSERT INTO ${t}.aws_accounts AS a
       (account_id, alias, read_role_arn, write_role_arn, external_id, is_default)
     SELECT :account, :alias, :read, :write, :external,
       NOT EXISTS (SELECT FROM ${t}.aws_accounts d WHERE d.is_default)
     FROM ${noteAuthor}
     ON CONFLICT (account_id) DO UPDATE SET alias = coalesce(excluded.alias, a.alias),
       read_role_arn = excluded.read_role_arn, write_role_arn = excluded.write_role_arn,
       external_id = excluded.external_id
     RETURNING account_id, alias, read_role_arn, write_role_arn, external_id, is_default`,
    {
      account: account_id,
      alias,
      read: read_role_arn,
      write: write_role_arn,
      external: external_id,
    },
  )
  await db.run(
    `INSERT INTO ${t}.iasql_resource (table_name, row_id, natural_name, cloud_id, base, observed)
     SELECT 'aws_accounts', a.id, a.account_id, jsonb_build_object('account_id', a.account_id), '{}', '{}'
     FROM ${t}.aws_accounts a WHERE a.account_id = :account
       AND NOT EXISTS (SELECT FROM ${t}.iasql_resource r WHERE r.table_name = 'aws_accounts' AND r.row_id = a.id)`,
    { account: account_id },
  )
  return row
}

/** The account is reached with the server's own credentials again. */
export async function clearAccountRow(
  db: Queryable,
  { schema: t }: Tenant,
  accountId: string,
): Promise<void> {
  await db.run(
    `UPDATE ${t}.aws_accounts SET read_role_arn = NULL, write_role_arn = NULL, external_id = NULL
     FROM ${noteAuthor} WHERE account_id = :account`,
    { account: accountId },
  )
}

/** Where one account is left it is the default; of several the user chooses one. */
export async function deleteAccountRow(
  db: Queryable,
  { schema: t }: Tenant,
  accountId: string,
): Promise<{ readonly left: number; readonly hasDefault: boolean }> {
  await db.run(
    `WITH gone AS (
       DELETE FROM ${t}.aws_accounts a USING ${noteAuthor} WHERE a.account_id = :account RETURNING a.id)
     DELETE FROM ${t}.iasql_resource r USING gone WHERE r.table_name = 'aws_accounts' AND r.row_id = gone.id`,
    { account: accountId },
  )
  await db.run(
    `UPDATE ${t}.aws_accounts SET is_default = true FROM ${noteAuthor}
     WHERE NOT is_default AND (SELECT count(*) FROM ${t}.aws_accounts) = 1`,
  )
  const [left] = await db.query<{ left: number; has_default: boolean }>(
    `SELECT count(*) AS "left", coalesce(bool_or(is_default), false) AS has_default FROM ${t}.aws_accounts`,
  )
  return { left: left?.left ?? 0, hasDefault: left?.has_default ?? false }
}
