/** The modules on offer; a new module adds its import and its place in the list. */
import { awsAccount } from './aws_account/module.ts'
import { awsSqs } from './aws_sqs/module.ts'
import { awsVpc } from './aws_vpc/module.ts'
import type { Module, ResourceType } from './kit/index.ts'

export const modules: readonly Module[] = [awsAccount, awsVpc, awsSqs]

const byName = new Map(modules.map((module) => [module.name, module]))
const tables = new Map(
  modules.flatMap((module) => module.tables.map((table) => [table.name, table] as const)),
)

export const findModule = (name: string): Module | undefined => byName.get(name)

/** The resource type of a table by its SQL name (`vpc`) or its qualified one (`aws_vpc.vpc`). */
export const findTable = (name: string): ResourceType | undefined =>
  tables.get(name.split('.').at(-1) ?? name)
