/** The resource types a tenant has tables for: the registry's, of its installed modules. */
import { type TableLookup, tableLookup } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { findModule, findTable } from '#modules/registry.ts'
import type { Queryable } from '#postgres/database.ts'
import { installedModules } from '#postgres/statements/module-installed.ts'
import type { Tenant } from '#postgres/tenant.ts'

export interface InstalledTables {
  /** Parents before children. */
  readonly types: readonly ResourceType[]
  readonly lookup: TableLookup
  type(table: string): ResourceType
}

export async function loadInstalledTables(db: Queryable, tenant: Tenant): Promise<InstalledTables> {
  const installed = await installedModules(db, tenant)
  const types = installed.flatMap((module) => findModule(module.name)?.tables ?? [])
  return {
    types,
    lookup: tableLookup(types),
    type(table: string): ResourceType {
      const type = findTable(table)
      if (!type) throw new Error(`no resource type for table ${table}`)
      return type
    },
  }
}
