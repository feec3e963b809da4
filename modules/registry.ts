/** The modules on offer; a new module adds its import and its place in the list. */
import { awsAccount } from './aws_account/module.ts'
import { awsCloudwatch } from './aws_cloudwatch/module.ts'
import { awsEcsFargate } from './aws_ecs_fargate/module.ts'
import { awsElb } from './aws_elb/module.ts'
import { awsIam } from './aws_iam/module.ts'
import { awsS3 } from './aws_s3/module.ts'
import { awsSecretsManager } from './aws_secrets_manager/module.ts'
import { awsSecurityGroup } from './aws_security_group/module.ts'
import { awsSns } from './aws_sns/module.ts'
import { awsSqs } from './aws_sqs/module.ts'
import { awsVpc } from './aws_vpc/module.ts'
import type { Module, ResourceType } from './kit/index.ts'

export const modules: readonly Module[] = [
  awsAccount,
  awsVpc,
  awsSecurityGroup,
  awsSqs,
  awsCloudwatch,
  awsS3,
  awsSecretsManager,
  awsIam,
  awsElb,
  awsEcsFargate,
  awsSns,
]

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
