/** The modules on offer; a new module adds its import and its place in the list. */
import { awsAccount } from './aws_account/module.ts'
import { awsSqs } from './aws_sqs/module.ts'
import { awsVpc } from './aws_vpc/module.ts'
import type { Module, ResourceType } from './kit/index.ts'

export const modules: readonly Module[] = [awsAccount, awsVpc, awsSqs]

/** A set of modules that tenants may install. */
export interface Registry {
  readonly modules: readonly Module[]
  findModule(name: string): Module | undefined
  /** The resource type of a table by its SQL name (`vpc`) or its qualified one (`aws_vpc.vpc`). */
  findTable(name: string): ResourceType | undefined
}

export function registryOf(offered: readonly Module[]): Registry {
  const byName = new Map(offered.map((module) => [module.name, module]))
  const tables = new Map(
    offered.flatMap((module) => module.tables.map((table) => [table.name, table] as const)),
  )
  return {
    modules: offered,
    findModule: (name) => byName.get(name),
    findTable: (name) => tables.get(name.split('.').at(-1) ?? name),
  }
}

export const registry = registryOf(modules)
export const { findModule, findTable } = registry
