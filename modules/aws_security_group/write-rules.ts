/** How rules of one group are written: many in one call, which EC2 takes or refuses as a whole. */
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  type IpPermission,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
  type SecurityGroupRuleRequest,
} from '@aws-sdk/client-ec2'
import { updateTags } from '../kit/ec2/update-tags.ts'
import {
  type CloudApi,
  type CreateWrite,
  type DeleteWrite,
  done,
  IasqlError,
  type Outcome,
  type Resolved,
  type RowOutcome,
  tagList,
  type UpdateWrite,
  waiting,
} from '../kit/index.ts'
import type { Row } from './rule-columns.ts'
import { contentOf, hasPorts, isToEverywhere, rulesOf, type SeenRule } from './rules.ts'

type Want = Resolved<Row>

const idOf = (rule: SecurityGroupRule) => ({ security_group_rule_id: rule.SecurityGroupRuleId ?? '' })

/** A group of another account goes by `account/group`. */
function pairOf(want: Want): { GroupId?: string | undefined; UserId?: string | undefined } | undefined {
  const own = want.source_security_group?.group_id
  if (own) return { GroupId: own }
  const [UserId, GroupId] = want.peer_security_group?.split('/') ?? []
  return GroupId ? { UserId, GroupId } : undefined
}

const trafficOf = (want: Want) => ({
  IpProtocol: want.ip_protocol,
  FromPort: want.from_port ?? -1,
  ToPort: want.to_port ?? -1,
  CidrIpv4: want.cidr_ipv4 ?? undefined,
  CidrIpv6: want.cidr_ipv6 ?? undefined,
  PrefixListId: want.prefix_list_id ?? undefined,
})

/** A wanted rule in EC2's own shape. */
export const wantedRule = (want: Want): SecurityGroupRule => ({
  GroupId: want.security_group_id.group_id,
  IsEgress: want.is_egress,
  ...trafficOf(want),
  ReferencedGroupInfo: pairOf(want),
})

function permissionOf(want: Want): IpPermission {
  const Description = want.description ?? undefined
  const pair = pairOf(want)
  const ports = hasPorts(want.ip_protocol)
    ? { FromPort: want.from_port ?? -1, ToPort: want.to_port ?? -1 }
    : {}
  return {
    IpProtocol: want.ip_protocol,
    ...ports,
    ...(want.cidr_ipv4 ? { IpRanges: [{ CidrIp: want.cidr_ipv4, Description }] } : {}),
    ...(want.cidr_ipv6 ? { Ipv6Ranges: [{ CidrIpv6: want.cidr_ipv6, Description }] } : {}),
    ...(want.prefix_list_id ? { PrefixListIds: [{ PrefixListId: want.prefix_list_id, Description }] } : {}),
    ...(pair ? { UserIdGroupPairs: [{ ...pair, Description }] } : {}),
  }
}

/** The tags of a call are those of all its rules, so only rows with the same ones share it. */
export async function authorize(
  writes: readonly CreateWrite<Row>[],
  ec2: CloudApi,
): Promise<readonly RowOutcome[]> {
  const wants = writes.map(({ row }) => row)
  const [first] = wants
  if (!first) return []
  const Tags = tagList(first.tags ?? {})
  const input = {
    GroupId: first.security_group_id.group_id ?? '',
    IpPermissions: wants.map(permissionOf),
    ...(Tags.length > 0
      ? { TagSpecifications: [{ ResourceType: 'security-group-rule' as const, Tags }] }
      : {}),
  }
  try {
    const { SecurityGroupRules = [] } = first.is_egress
      ? await ec2.send(AuthorizeSecurityGroupEgressCommand, input)
      : await ec2.send(AuthorizeSecurityGroupIngressCommand, input)
    return await madeOf(wants, SecurityGroupRules, ec2)
  } catch (error) {
    const standing = wants.length === 1 && isDuplicate(error) ? await madeWithGroup(first, ec2) : undefined
    if (standing) return [standing]
    throw error
  }
}

async function madeOf(
  wants: readonly Want[],
  told: readonly SecurityGroupRule[],
  ec2: CloudApi,
): Promise<readonly RowOutcome[]> {
  const ids = new Map(told.map((rule) => [contentOf(rule), idOf(rule)]))
  const [first] = wants
  if (first && wants.some((want) => !ids.has(contentOf(wantedRule(want)))))
    for await (const rule of rulesOf(first.security_group_id.group_id ?? '', ec2))
      ids.set(contentOf(rule), idOf(rule))
  return wants.map((want) => {
    const id = ids.get(contentOf(wantedRule(want)))
    return id
      ? done(id)
      : new IasqlError('cloud/unknown-outcome', 'the rule was taken, but EC2 does not show it yet')
  })
}

const isDuplicate = (error: unknown): boolean =>
  error instanceof IasqlError && error.refusal?.error === 'InvalidPermission.Duplicate'

/** The way out that AWS gives each new group: who asks for it has it already. */
async function madeWithGroup(want: Want, ec2: CloudApi): Promise<Outcome | undefined> {
  const wanted = wantedRule(want)
  if (!isToEverywhere(wanted)) return undefined
  for await (const rule of rulesOf(wanted.GroupId ?? '', ec2)) {
    if (contentOf(rule) !== contentOf(wanted)) continue
    const isBare = !want.description && Object.keys(want.tags ?? {}).length === 0
    return isBare ? done(idOf(rule)) : waiting(idOf(rule), 'the rule that AWS made to be described', 'again')
  }
  return undefined
}

const requestOf = (want: Want): SecurityGroupRuleRequest => ({
  ...trafficOf(want),
  ReferencedGroupId: pairOf(want)?.GroupId,
  Description: want.description ?? '',
})

export async function modify(
  writes: readonly UpdateWrite<Row, SeenRule>[],
  ec2: CloudApi,
): Promise<readonly RowOutcome[]> {
  const changed = writes.filter(({ delta }) => Object.keys(delta).some((name) => name !== 'tags'))
  if (changed.length > 0)
    await ec2.send(ModifySecurityGroupRulesCommand, {
      GroupId: changed[0]?.seen.rule.GroupId,
      SecurityGroupRules: changed.map(({ seen, row }) => ({
        SecurityGroupRuleId: seen.rule.SecurityGroupRuleId,
        SecurityGroupRule: requestOf(row),
      })),
    })
  return await Promise.all(writes.map((write) => retag(write, ec2)))
}

async function retag({ seen, row, delta }: UpdateWrite<Row, SeenRule>, ec2: CloudApi): Promise<RowOutcome> {
  const id = idOf(seen.rule)
  try {
    if (delta.tags) await updateTags(id.security_group_rule_id, { seen: seen.rule.Tags, want: row.tags }, ec2)
    return done(id)
  } catch (error) {
    if (error instanceof IasqlError) return error
    throw error
  }
}

export async function revoke(
  writes: readonly DeleteWrite<Row, SeenRule>[],
  ec2: CloudApi,
): Promise<readonly RowOutcome[]> {
  const gone = writes.map(({ seen }) => seen.rule)
  const input = {
    GroupId: gone[0]?.GroupId,
    SecurityGroupRuleIds: gone.map((rule) => rule.SecurityGroupRuleId ?? ''),
  }
  if (gone[0]?.IsEgress) await ec2.send(RevokeSecurityGroupEgressCommand, input)
  else await ec2.send(RevokeSecurityGroupIngressCommand, input)
  return gone.map((rule) => done(idOf(rule)))
}
