/** A tenant's roles and schemas: nothing for the public, no right to create among managed tables. */
import { randomBytes } from 'node:crypto'
import type { Login } from './data-api.ts'
import type { Queryable } from './database.ts'
import { scramVerifier } from './scram-verifier.ts'
import type { Secrets } from './secrets.ts'
import type { Tenant } from './tenant.ts'

/** Connections that one login may have open: a tenant cannot take those of the others. */
const connectionsOfLogin = 20

/** A net behind the limits of the Data API; its users may set other values, so nothing relies on them. */
const netSettings = { statement_timeout: '60s', idle_in_transaction_session_timeout: '240s' }

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Roles with new passwords, in secrets before they are in the database. May be repeated. */
export async function makeRoles(transaction: Queryable, secrets: Secrets, tenant: Tenant): Promise<void> {
  await makeRole(transaction, tenant.ownerRole, 'NOLOGIN')
  await makeLogin(transaction, secrets, tenant, { role: tenant.readerRole, login: tenant.reader })
  await makeLogin(transaction, secrets, tenant, { role: tenant.writerRole, login: tenant.writer })
  // INHERIT: reads and writes as the owner, ends a login's runaway statements. SET: makes objects that belong to it.
  for (const role of [tenant.ownerRole, tenant.writerRole, tenant.readerRole]) {
    await transaction.run(`GRANT ${role} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`)
  }
}

interface NewLogin {
  readonly role: string
  readonly login: Login
}

async function makeLogin(
  transaction: Queryable,
  secrets: Secrets,
  { schema, userSchema }: Tenant,
  { role, login }: NewLogin,
): Promise<void> {
  const password = randomBytes(24).toString('base64url')
  await secrets.put(login.secret, { user: role, password })
  const verifier = scramVerifier(password)
  await makeRole(
    transaction,
    role,
    `LOGIN NOINHERIT CONNECTION LIMIT ${connectionsOfLogin} PASSWORD '${verifier}'`,
  )
  await transaction.run(`ALTER ROLE ${role} SET search_path = ${schema}, ${userSchema}`)
  for (const [name, value] of Object.entries(netSettings)) {
    await transaction.run(`ALTER ROLE ${role} SET ${name} = '${value}'`)
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

/** May be repeated. */
export async function makeSchemas(transaction: Queryable, tenant: Tenant): Promise<void> {
  const { schema, userSchema, ownerRole, readerRole, writerRole } = tenant
  await transaction.run(`CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${ownerRole}`)
  await transaction.run(`CREATE SCHEMA IF NOT EXISTS ${userSchema} AUTHORIZATION ${writerRole}`)
  await transaction.run(`SET LOCAL ROLE ${ownerRole}`)
  await transaction.run(`GRANT USAGE ON SCHEMA ${schema} TO ${readerRole}, ${writerRole}`)
  await transaction.run('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC')
  await transaction.run(`SET LOCAL ROLE ${writerRole}`)
  await transaction.run(`GRANT USAGE ON SCHEMA ${userSchema} TO ${readerRole}`)
  await transaction.run(
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${userSchema} GRANT SELECT ON TABLES TO ${readerRole}`,
  )
  await transaction.run('RESET ROLE')
}
