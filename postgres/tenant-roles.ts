/** A tenant's roles and schemas: nothing for the public, no right to create among managed tables. */
import { randomBytes } from 'node:crypto'
import type { Login } from './data-api.ts'
import type { Queryable } from './database.ts'
import { roleSettings } from './role-settings.ts'
import { scramVerifier } from './scram-verifier.ts'
import type { Secrets } from './secrets.ts'
import type { Tenant } from './tenant.ts'

/** What the tenant's quota of connections is now: it cannot take those of the others. */
async function loginRights(transaction: Queryable, { id }: Pick<Tenant, 'id'>): Promise<string> {
  const [found] = await transaction.query<{ connections: number }>(
    'SELECT t.quota_connections AS connections FROM iasql_platform.tenant t WHERE t.tenant_id = :id',
    { id },
  )
  if (!found) throw new Error(`there is no tenant ${id}`)
  return `LOGIN NOINHERIT CONNECTION LIMIT ${found.connections}`
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

export interface LoginRole {
  readonly role: string
  readonly login: Login
}

export const loginRoles = (tenant: Tenant): readonly LoginRole[] => [
  { role: tenant.readerRole, login: tenant.reader },
  { role: tenant.writerRole, login: tenant.writer },
]

/** Roles with new passwords, in secrets before they are in the database. May be repeated. */
export async function makeRoles(transaction: Queryable, secrets: Secrets, tenant: Tenant): Promise<void> {
  await makeRole(transaction, tenant.ownerRole, 'NOLOGIN')
  const rights = await loginRights(transaction, tenant)
  for (const { role, login } of loginRoles(tenant)) {
    const password = randomBytes(24).toString('base64url')
    await secrets.put(login.secret, { user: role, password })
    await makeRole(transaction, role, `${rights} ${passwordSql(password)}`)
    await setUpLogin(transaction, tenant, { role, login })
  }
  // INHERIT: reads and writes as the owner, ends a login's runaway statements. SET: makes objects that belong to it.
  for (const role of [tenant.ownerRole, tenant.writerRole, tenant.readerRole]) {
    await transaction.run(`GRANT ${role} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`)
  }
}

/** Logins as `makeRoles` made them; with the passwords that the secrets hold when asked to. */
export async function restoreLogins(
  transaction: Queryable,
  secrets: Pick<Secrets, 'get'>,
  tenant: Tenant,
  { passwords }: { readonly passwords: boolean },
): Promise<void> {
  const rights = await loginRights(transaction, tenant)
  for (const { role, login } of loginRoles(tenant)) {
    const password = passwords ? passwordSql((await secrets.get(login.secret)).password) : ''
    await transaction.run(`ALTER ROLE ${role} ${rights} ${password}`)
    await setUpLogin(transaction, tenant, { role, login })
  }
}

/**
 * New passwords. The secrets have them first: whoever finds the database not knowing one yet waits for this transaction, and
 * what a crash leaves is put right from the secrets at the next log-in. Sessions that are open go on.
 */
export async function rotateLogins(transaction: Queryable, secrets: Secrets, tenant: Tenant): Promise<void> {
  for (const { role, login } of loginRoles(tenant)) {
    const password = randomBytes(24).toString('base64url')
    await transaction.run(`ALTER ROLE ${role} ${passwordSql(password)}`)
    await secrets.put(login.secret, { user: role, password })
  }
}

const passwordSql = (password: string): string => `PASSWORD '${scramVerifier(password)}'`

async function setUpLogin(transaction: Queryable, tenant: Tenant, { role, login }: LoginRole): Promise<void> {
  const planted = await transaction.query<{ name: string }>(
    `SELECT d.datname::text AS name FROM pg_catalog.pg_db_role_setting s
     JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase WHERE s.setrole = CAST(:role AS regrole)`,
    { role },
  )
  for (const { name } of planted) {
    await transaction.run(`ALTER ROLE ${role} IN DATABASE ${quoted(name)} RESET ALL`)
  }
  await transaction.run(`ALTER ROLE ${role} RESET ALL`)
  for (const [name, value] of Object.entries(roleSettings(tenant))) {
    const literal = name === 'search_path' ? value : `'${value}'`
    await transaction.run(`ALTER ROLE ${role} SET ${name} = ${literal}`)
  }
  await transaction.run(`GRANT CONNECT ON DATABASE ${quoted(login.database)} TO ${role}`)
}

async function makeRole(transaction: Queryable, role: string, rights: string): Promise<void> {
  const found = await transaction.query(
    'SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname = :role',
    { role },
  )
  await transaction.run(`${found.length > 0 ? 'ALTER' : 'CREATE'} ROLE ${role} ${rights}`)
}

/** Both belong to the owner, so that the tenant can neither drop nor give away the one that it works in. May be repeated. */
export async function makeSchemas(transaction: Queryable, tenant: Tenant): Promise<void> {
  const { schema, userSchema, ownerRole, readerRole, writerRole } = tenant
  for (const name of [schema, userSchema]) {
    await transaction.run(`CREATE SCHEMA IF NOT EXISTS ${name} AUTHORIZATION ${ownerRole}`)
    await transaction.run(`ALTER SCHEMA ${name} OWNER TO ${ownerRole}`)
  }
  // Its triggers encrypt what secret columns are given.
  await transaction.run(`GRANT USAGE ON SCHEMA pgcrypto TO ${ownerRole}`)
  const isAtWork = await mayUse(transaction, tenant)
  await transaction.run(`SET LOCAL ROLE ${ownerRole}`)
  await transaction.run(`GRANT USAGE ON SCHEMA ${schema}, ${userSchema} TO ${readerRole}, ${writerRole}`)
  await transaction.run(`GRANT CREATE ON SCHEMA ${userSchema} TO ${writerRole}`)
  await transaction.run('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC')
  await transaction.run(`SET LOCAL ROLE ${writerRole}`)
  await transaction.run(
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${userSchema} GRANT SELECT ON TABLES TO ${readerRole}`,
  )
  await transaction.run(
    isAtWork
      ? grantUntouchedSql(tenant)
      : `GRANT SELECT ON ALL TABLES IN SCHEMA ${userSchema} TO ${readerRole}`,
  )
  await transaction.run('RESET ROLE')
}

/** Made while the right by default was gone. Who has given or taken any right of a table decides who reads it. */
const grantUntouchedSql = ({ userSchema, readerRole, writerRole }: Tenant): string => `
  DO $do$ DECLARE name text; BEGIN
    FOR name IN SELECT pg_catalog.format('%I.%I', '${userSchema}', c.relname) FROM pg_catalog.pg_class c
      WHERE c.relnamespace = CAST('${userSchema}' AS regnamespace) AND c.relowner = CAST('${writerRole}' AS regrole)
        AND c.relkind IN ('r', 'v', 'm', 'p') AND c.relacl IS NULL
    LOOP EXECUTE 'GRANT SELECT ON ' || name || ' TO ${readerRole}'; END LOOP;
  END $do$`

/** No tenant can lose that by itself. */
async function mayUse(
  transaction: Queryable,
  { userSchema, readerRole, writerRole }: Tenant,
): Promise<boolean> {
  const [found] = await transaction.query<{ both: boolean }>(
    `SELECT has_schema_privilege(:reader, :space, 'USAGE') AND has_schema_privilege(:writer, :space, 'USAGE') AS both`,
    { reader: readerRole, writer: writerRole, space: userSchema },
  )
  return found?.both === true
}
