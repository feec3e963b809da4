/** The accounts that tenants have linked, as the platform knows them: whose roles are whose. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface LinkedAccount {
  readonly account_id: string
  readonly read_role_arn: string
  /** Null: the one for reads. */
  readonly write_role_arn: string | null
  readonly external_id: string
}

/** The default one first. */
export async function linkedAccounts(
  db: Queryable,
  { id, schema }: Pick<Tenant, 'id' | 'schema'>,
): Promise<readonly LinkedAccount[]> {
  return await db.query<LinkedAccount>(
    `SELECT l.account_id, l.read_role_arn, l.write_role_arn, l.external_id
     FROM iasql_platform.linked_account l LEFT JOIN ${schema}.aws_accounts a USING (account_id)
     WHERE l.tenant_id = :tenant ORDER BY coalesce(a.is_default, false) DESC, l.account_id`,
    { tenant: id },
  )
}

/** Whether any of the roles is another tenant's. */
export async function isRoleTaken(
  db: Queryable,
  { tenantId, roleArns }: { readonly tenantId: string; readonly roleArns: readonly string[] },
): Promise<boolean> {
  const [found] = await db.query<{ taken: boolean }>(
    `SELECT EXISTS (SELECT FROM iasql_platform.linked_role
       WHERE tenant_id <> :tenant AND lower(role_arn) IN (
         SELECT lower(value) FROM jsonb_array_elements_text(CAST(:roles AS jsonb)))) AS taken`,
    { tenant: tenantId, roles: JSON.stringify(roleArns) },
  )
  return found?.taken ?? false
}

export type NewLink = LinkedAccount & { readonly tenantId: string; readonly by: string }

/** False when the tenant has linked the account already. */
export async function insertLinkedAccount(db: Queryable, account: NewLink): Promise<boolean> {
  const {
    tenantId: tenant,
    account_id,
    read_role_arn: read,
    write_role_arn: write,
    external_id,
    by,
  } = account
  const inserted = await db.run(
    `INSERT INTO iasql_platform.linked_account
       (tenant_id, account_id, read_role_arn, write_role_arn, external_id, linked_by)
     VALUES (:tenant, :account, :read, :write, :external, :by) ON CONFLICT DO NOTHING`,
    { tenant, account: account_id, read, write, external: external_id, by },
  )
  return inserted > 0
}

/** That no role serves two tenants is held where all tenants are known. An error 23505 when one serves somewhere. */
export async function insertLinkedRoles(
  db: Queryable,
  { tenantId, account_id, read_role_arn: read, write_role_arn: write }: NewLink,
): Promise<void> {
  await db.run(
    `INSERT INTO iasql_platform.linked_role (role_arn, tenant_id, account_id)
     SELECT DISTINCT value, CAST(:tenant AS text), CAST(:account AS text)
     FROM jsonb_array_elements_text(CAST(:roles AS jsonb))`,
    { tenant: tenantId, account: account_id, roles: JSON.stringify(write === null ? [read] : [read, write]) },
  )
}

interface KnownLinks {
  readonly tenantId: string
  /** Those that the tenant's cell knows. */
  readonly accountIds: readonly string[]
  /** Minutes: what is younger is just being linked, and let be. */
  readonly settled: number
}

/** Of accounts that the tenant's cell does not know: left by a crash. */
export async function dropStaleLinks(
  directory: Queryable,
  { tenantId, accountIds, settled }: KnownLinks,
): Promise<void> {
  await directory.run(
    `DELETE FROM iasql_platform.linked_account
     WHERE tenant_id = :tenant AND linked_at < pg_catalog.now() - pg_catalog.make_interval(mins => CAST(:settled AS int))
       AND account_id NOT IN (SELECT jsonb_array_elements_text(CAST(:accounts AS jsonb)))`,
    { tenant: tenantId, accounts: JSON.stringify(accountIds), settled },
  )
}

export async function deleteLinkedAccount(
  db: Queryable,
  { tenantId, accountId }: { readonly tenantId: string; readonly accountId: string },
): Promise<boolean> {
  const deleted = await db.run(
    'DELETE FROM iasql_platform.linked_account WHERE tenant_id = :tenant AND account_id = :account',
    { tenant: tenantId, account: accountId },
  )
  return deleted > 0
}
