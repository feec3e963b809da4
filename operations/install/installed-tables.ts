/** The resource types a tenant has tables for: the registry's, of its installed modules. */
import { type TableLookup, tableLookup } from '#engine/plan/resource.ts'
import type { Module, ResourceType } from '#modules/kit/index.ts'
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
  const types = neededFirst(installed.flatMap(({ name }) => modules.findModule(name) ?? [])).flatMap(
    ({ tables }) => tables,
  )
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

/** When each was installed does not tell: a later version may need what has come after it. */
function neededFirst(modules: readonly Module[]): readonly Module[] {
  const byName = new Map(modules.map((module) => [module.name, module]))
  const inOrder = new Set<Module>()
  const add = (module: Module): void => {
    if (!byName.delete(module.name)) return
    for (const name of module.requires) {
      const required = byName.get(name)
      if (required) add(required)
    }
    inOrder.add(module)
  }
  for (const module of modules) add(module)
  return [...inOrder]
}
