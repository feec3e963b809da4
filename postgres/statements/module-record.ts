/** Notes that a module is installed, with its tables, their columns and what it needs. */
import type { TableSpec } from '#engine/model/table.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export async function recordModule(
  db: Queryable,
  tenant: Tenant,
  module: {
    readonly name: string
    readonly version: string
    readonly tables: readonly Pick<TableSpec, 'name' | 'columns'>[]
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
    { name: module.name, tables: JSON.stringify(module.tables.map((table) => table.name)) },
  )
  await recordColumns(db, tenant, module.tables)
  await db.run(
    `INSERT INTO ${t}.iasql_dependencies (module, dependency)
     SELECT :name, value FROM jsonb_array_elements_text(:requires::jsonb)`,
    { name: module.name, requires: JSON.stringify(module.requires) },
  )
}

async function recordColumns(
  db: Queryable,
  { schema: t }: Tenant,
  tables: readonly Pick<TableSpec, 'name' | 'columns'>[],
): Promise<void> {
  const columns = tables.flatMap(({ name, columns }) =>
    Object.entries(columns).map(([column, { nature }]) => ({ table: name, column, nature })),
  )
  for (const page of inPages(columns)) {
    await db.run(
      `INSERT INTO ${t}.iasql_column (table_name, column_name, nature)
       SELECT c."table", c."column", c.nature
       FROM jsonb_to_recordset(:columns::jsonb) AS c ("table" text, "column" text, nature text)`,
      { columns: JSON.stringify(page) },
    )
  }
}
