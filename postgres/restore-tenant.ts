/** Puts back what a tenant can take from itself: DO can run ALTER ROLE for its own role, and nobody can forbid that. */
import type { Database, Queryable } from './database.ts'
import { tenantMigrations } from './migrations/index.ts'
import { roleSettingsLiteral } from './role-settings.ts'
import type { Secrets } from './secrets.ts'
import type { Tenant } from './tenant.ts'
import { makeSchemas, restoreLogins } from './tenant-roles.ts'

export interface Restoration {
  /** The statements that made what is in the tenant's schema beside the migrations. Asked for when needed. */
  readonly madeBy: () => Promise<readonly string[]>
  /** A login was refused: what is wrong with a password is not in any catalog that we can read. */
  readonly isLockedOut?: boolean
}

/** Rights are written once, where their objects are made. */
const isGrant = (sql: string): boolean => sql.startsWith('GRANT ')

/** Costs one query while nothing is missing. Returns whether there was something to put back. */
export async function restoreTenant(
  platform: Database,
  secrets: Pick<Secrets, 'get'>,
  tenant: Tenant,
  { madeBy, isLockedOut = false }: Restoration,
): Promise<boolean> {
  if (!isLockedOut && (await isWhole(platform, tenant))) return false
  const made = [...tenantMigrations.flatMap(({ sql }) => sql(tenant)), ...(await madeBy())]
  return await platform.transaction(async (transaction) => {
    // A tenant's open transaction may hold what is to be repaired.
    await transaction.run("SET LOCAL lock_timeout = '5s'")
    const [found] = await transaction.query<{ there: boolean }>(
      `SELECT state IN ('active', 'creating') AND database_name = :database AS there
       FROM iasql_platform.tenant WHERE tenant_id = :id FOR UPDATE`,
      { id: tenant.id, database: tenant.writer.database },
    )
    // Since it was looked up it may have been closed, or have gone to another database.
    if (found?.there !== true) return false
    await restoreLogins(transaction, secrets, tenant, { passwords: isLockedOut })
    if (await isWhole(transaction, tenant)) return true
    await makeSchemas(transaction, tenant)
    await transaction.run(`SET LOCAL ROLE ${tenant.ownerRole}`)
    for (const sql of made.filter(isGrant)) await transaction.run(sql)
    await transaction.run('RESET ROLE')
    return true
  })
}

/**
 * A tenant cannot revoke what the owner granted; an administrator's DROP OWNED takes all grants of a role: USAGE of the
 * schema stands for every grant in it.
 */
async function isWhole(db: Queryable, tenant: Tenant): Promise<boolean> {
  const [found] = await db.query<{ whole: boolean | null }>(
    `WITH login AS (SELECT * FROM pg_catalog.pg_roles WHERE rolname IN (:reader, :writer)),
       space AS (SELECT * FROM pg_catalog.pg_namespace WHERE nspname IN (:schema, :userSchema)),
       setting AS (SELECT s.* FROM pg_catalog.pg_db_role_setting s JOIN login l ON l.oid = s.setrole)
     SELECT (SELECT count(*) = 2 FROM login WHERE rolcanlogin AND NOT rolinherit AND rolconnlimit = (
         SELECT t.quota_connections FROM iasql_platform.tenant t WHERE t.tenant_id = :id))
       AND (SELECT count(*) = 2 AND bool_and(setdatabase = 0 AND setconfig = ${roleSettingsLiteral(tenant)}) FROM setting)
       AND (SELECT count(*) = 2 AND bool_and(pg_catalog.pg_get_userbyid(nspowner) = :owner) FROM space)
       AND (SELECT bool_and(has_schema_privilege(l.oid, s.oid, 'USAGE')) FROM login l, space s)
       AND (SELECT bool_and(has_database_privilege(l.oid, current_database(), 'CONNECT')) FROM login l)
       AND EXISTS (SELECT FROM login l, space s WHERE l.rolname = :writer AND s.nspname = :userSchema
         AND has_schema_privilege(l.oid, s.oid, 'CREATE'))
       AND EXISTS (SELECT FROM pg_catalog.pg_default_acl d
         JOIN login w ON w.oid = d.defaclrole AND w.rolname = :writer
         JOIN space s ON s.oid = d.defaclnamespace AND s.nspname = :userSchema
         CROSS JOIN LATERAL aclexplode(d.defaclacl) a JOIN login r ON r.oid = a.grantee AND r.rolname = :reader
         WHERE d.defaclobjtype = 'r' AND a.privilege_type = 'SELECT') AS whole`,
    {
      reader: tenant.readerRole,
      writer: tenant.writerRole,
      owner: tenant.ownerRole,
      schema: tenant.schema,
      userSchema: tenant.userSchema,
      id: tenant.id,
    },
  )
  return found?.whole === true
}
