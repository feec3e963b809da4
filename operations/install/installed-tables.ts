/** The resource types a tenant has tables for: the registry's, of its installed modules. */
import { type TableLookup, tableLookup } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { installedModules } from '#postgres/statements/module-installed.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

export interface InstalledTables {
  /** Parents before children. */
  readonly types: readonly ResourceType[]
  readonly lookup: TableLookup
  type(table: string): ResourceType
}

export async function loadInstalledTables(
  { platform, modules: load }: Pick<Ports, 'platform' | 'modules'>,
  tenant: Tenant,
): Promise<InstalledTables> {
  const modules = await load()
  const installed = await installedModules(platform, tenant)
  const types = installed.flatMap((module) => modules.findModule(module.name)?.tables ?? [])
  return {
    types,
    lookup: tableLookup(types),
    type(table: string): ResourceType {
      const type = modules.findTable(table)
      if (!type) throw new Error(`no resource type for table ${table}`)
      return type
    },
  }
}
