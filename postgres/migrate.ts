/** Brings schemas up to date: each migration once, whole or not at all, safe to repeat and to run twice at once. */
import type { Database, Queryable } from './database.ts'
import { tenantMigrations } from './migrations/index.ts'
import type { TenantMigration } from './migrations/migration.ts'
import { platformMigrations } from './migrations/platform.ts'
import type { Tenant } from './tenant.ts'

const versionTable = [
  'CREATE SCHEMA IF NOT EXISTS iasql_platform',
  `CREATE TABLE IF NOT EXISTS iasql_platform.schema_version (
    scope text, name text, version int NOT NULL, PRIMARY KEY (scope, name))`,
]

/** SQLSTATEs of two that make the same schema or table at once; the later one finds it there. */
const alreadyThere = /SQLState: (23505|42P06|42P07)$/

export async function migratePlatform(platform: Database): Promise<void> {
  const [there] = await platform.query<{ there: boolean }>(
    "SELECT pg_catalog.to_regclass('iasql_platform.schema_version') IS NOT NULL AS there",
  )
  if (!there?.there) {
    for (const sql of versionTable) {
      await platform.run(sql).catch((error: Error) => {
        if (!alreadyThere.test(error.message)) throw error
      })
    }
  }
  for (const { name, version, sql } of platformMigrations) {
    await once(platform, { scope: 'platform', name, version }, async (transaction) => {
      for (const statement of sql) await transaction.run(statement)
    })
  }
}

/** Objects belong to the tenant's owner role, which nobody can log in as. */
export async function migrateTenant(
  platform: Database,
  tenant: Tenant,
  migrations: readonly TenantMigration[] = tenantMigrations,
): Promise<void> {
  for (const { name, version, sql } of migrations) {
    await once(platform, { scope: tenant.id, name, version }, async (transaction) => {
      await transaction.run(`SET LOCAL ROLE ${tenant.ownerRole}`)
      for (const statement of sql(tenant)) await transaction.run(statement)
      await transaction.run('RESET ROLE')
    })
  }
}

interface Step {
  readonly scope: string
  readonly name: string
  readonly version: number
}

/** The row of the step's scope is locked while its work is done, so that a second one waits and then finds it done. */
const once = async (
  platform: Database,
  { scope, name, version }: Step,
  work: (transaction: Queryable) => Promise<void>,
): Promise<void> => {
  const key = { scope, name }
  const [known] = await platform.query<{ version: number }>(
    'SELECT version FROM iasql_platform.schema_version WHERE scope = :scope AND name = :name',
    key,
  )
  if (known && known.version >= version) return
  await platform.transaction(async (transaction) => {
    await transaction.run(
      'INSERT INTO iasql_platform.schema_version (scope, name, version) VALUES (:scope, :name, 0) ON CONFLICT DO NOTHING',
      key,
    )
    const [locked] = await transaction.query<{ version: number }>(
      'SELECT version FROM iasql_platform.schema_version WHERE scope = :scope AND name = :name FOR UPDATE',
      key,
    )
    if ((locked?.version ?? 0) >= version) return
    await work(transaction)
    await transaction.run(
      'UPDATE iasql_platform.schema_version SET version = :version WHERE scope = :scope AND name = :name',
      { ...key, version },
    )
  })
}
