/** Notes that a module is installed, with its tables and what it needs. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function recordModule(
  db: Queryable,
  tenant: Tenant,
  module: {
    readonly name: string
    readonly version: string
    readonly tables: readonly string[]
    readonly requires: readonly string[]
  },
): Promise<void> {
  const t = tenant.schema
  await db.run(
    `INSERT INTO ${t}.iasql_module (name, version, installed_at) VALUES (:name, :version, clock_timestamp())`,
    { name: module.name, version: module.version },
  )
  await db.run(
    `INSERT INTO ${t}.iasql_tables (module, "table")
     SELECT :name, value FROM jsonb_array_elements_text(:tables::jsonb)`,
    { name: module.name, tables: JSON.stringify(module.tables) },
  )
  await db.run(
    `INSERT INTO ${t}.iasql_dependencies (module, dependency)
     SELECT :name, value FROM jsonb_array_elements_text(:requires::jsonb)`,
    { name: module.name, requires: JSON.stringify(module.requires) },
  )
}
