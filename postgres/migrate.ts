/** Brings schemas up to date: each migration once, whole or not at all, safe to repeat and to run twice at once. */
import { IasqlError } from '#engine/model/error.ts'
import type { Database, Queryable } from './database.ts'
import { tenantMigrations } from './migrations/index.ts'
import type { PlatformMigration, TenantMigration } from './migrations/migration.ts'
import { platformMigrations } from './migrations/platform.ts'
import type { Tenant } from './tenant.ts'

const versionTable = [
  'CREATE SCHEMA IF NOT EXISTS iasql_platform',
  `CREATE TABLE IF NOT EXISTS iasql_platform.schema_version (
    scope text, name text, version int NOT NULL, PRIMARY KEY (scope, name))`,
  'ALTER TABLE iasql_platform.schema_version ADD COLUMN IF NOT EXISTS readable_since int NOT NULL DEFAULT 0',
]

/** SQLSTATEs of two that make the same schema or table at once; the later one finds it there. */
const alreadyThere = /SQLState: (23505|42P06|42P07)$/

/** @throws IasqlError `host/version` when a later version has taken away what this one needs: nothing is changed then */
export async function migratePlatform(
  platform: Database,
  migrations: readonly PlatformMigration[] = platformMigrations,
): Promise<void> {
  const [there] = await platform.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attname = 'readable_since'
       AND a.attrelid = pg_catalog.to_regclass('iasql_platform.schema_version')) AS there`,
  )
  if (there?.there) await refuseNewerPlatform(platform, migrations)
  else {
    for (const sql of versionTable) {
      await platform.run(sql).catch((error: Error) => {
        if (!alreadyThere.test(error.message)) throw error
      })
    }
  }
  for (const { name, version, readableSince, sql } of migrations) {
    await once(platform, { scope: 'platform', name, version, readableSince }, async (transaction) => {
      for (const statement of sql) await transaction.run(statement)
    })
  }
}

async function refuseNewerPlatform(
  platform: Database,
  migrations: readonly PlatformMigration[],
): Promise<void> {
  const stored = await platform.query<{ name: string; readable_since: number }>(
    `SELECT name, readable_since FROM iasql_platform.schema_version
     WHERE scope = 'platform' AND readable_since > 0 ORDER BY name`,
  )
  const known = new Map(migrations.map(({ name, version }) => [name, version]))
  const newer = stored.find(({ name, readable_since: least }) => (known.get(name) ?? 0) < least)
  if (newer)
    throw new IasqlError('host/version', 'This version of the server is too old for its database.', {
      detail: `Part ${newer.name} of the database is read by version ${newer.readable_since} of it at least.`,
    })
}

/** Objects belong to the tenant's owner role, which nobody can log in as. */
export async function migrateTenant(
  platform: Database,
  tenant: Tenant,
  migrations: readonly TenantMigration[] = tenantMigrations,
): Promise<void> {
  for (const { name, version, sql } of migrations) {
    await once(platform, { scope: tenant.id, name, version }, async (transaction) => {
      // Whoever waits for a lock that a tenant's open transaction holds makes everybody after it wait too.
      await transaction.run("SET LOCAL lock_timeout = '5s'")
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
  readonly readableSince?: number | undefined
}

/** The row of the step's scope is locked while its work is done, so that a second one waits and then finds it done. */
const once = async (
  platform: Database,
  { scope, name, version, readableSince = 0 }: Step,
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
      `UPDATE iasql_platform.schema_version SET version = :version, readable_since = :readableSince
       WHERE scope = :scope AND name = :name`,
      { ...key, version, readableSince },
    )
  })
}
