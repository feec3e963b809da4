/** Which IAM actions an SDK operation needs, and where: the table of all services that modules of ours call. */
import type { ActionGroup, Condition, ResourcePattern, ServiceActions } from './action-group.ts'
import { anything, same } from './action-group.ts'
import { cloudTrailActions } from './cloudtrail.ts'
import { ec2Actions } from './ec2.ts'
import { ecsActions } from './ecs.ts'
import { elbActions } from './elb.ts'
import { iamActions } from './iam.ts'
import { logsActions } from './logs.ts'
import { s3Actions } from './s3.ts'
import { secretsManagerActions } from './secrets-manager.ts'
import { snsActions } from './sns.ts'
import { sqsActions } from './sqs.ts'

export const actionTable: readonly ServiceActions[] = [
  cloudTrailActions,
  ec2Actions,
  ecsActions,
  elbActions,
  iamActions,
  logsActions,
  s3Actions,
  secretsManagerActions,
  snsActions,
  sqsActions,
]

const byService = new Map(actionTable.map((one) => [one.service, one]))

/** Services, as actions begin with them, whose reads give no contents. */
export const plainlyRead: ReadonlySet<string> = new Set(actionTable.flatMap((one) => one.plainReads ?? []))

/** Actions on resources, under a condition: what becomes one statement of a policy. */
export interface ActionGrant {
  readonly actions: readonly string[]
  readonly on: readonly ResourcePattern[]
  readonly when?: Condition
}

/** Everything that the operation needs a right for; a service that is not in the table is taken by its name. */
export function grantsOf(service: string, operation: string): readonly ActionGrant[] {
  const { groups, withheld } = byService.get(service) ?? guessed(service, operation)
  if (withheld && operation in withheld) return []
  return groups.flatMap((group) => {
    const actions = group.actions[operation]
    return actions ? [{ actions, on: group.on, ...(group.when ? { when: group.when } : {}) }] : []
  })
}

/** @example actionsOf('S3', 'ListBuckets') // ['s3:ListAllMyBuckets'] */
export function actionsOf(service: string, operation: string): readonly string[] {
  const withheld = byService.get(service)?.withheld?.[operation] ?? []
  return [...new Set([...grantsOf(service, operation).flatMap(({ actions }) => actions), ...withheld])]
}

/** Most services call their actions as their operations, behind their own name in small letters. */
const guessed = (service: string, operation: string): ServiceActions => {
  const group: ActionGroup = {
    on: anything,
    actions: same(service.toLowerCase().replaceAll(/[^a-z0-9]/g, ''), operation),
  }
  return { service, groups: [group] }
}
