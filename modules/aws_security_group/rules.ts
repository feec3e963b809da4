/** Rules as EC2 lists them: what tells one from another, and which AWS made along with their group. */
import {
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type SecurityGroupRule,
} from '@aws-sdk/client-ec2'
import type { Kind } from '../kit/ec2/describe.ts'
import { type CloudApi, canonicalCidr } from '../kit/index.ts'

export interface SeenRule {
  readonly rule: SecurityGroupRule
  /** Whether its group is the one that AWS made with the VPC. */
  readonly isOfDefault: boolean
}

export const rules: Kind<SecurityGroupRule> = {
  pages: (Filters, ec2) =>
    ec2.pages(
      DescribeSecurityGroupRulesCommand,
      Filters ? { Filters } : { MaxResults: 1_000 },
      (page) => page.SecurityGroupRules,
    ),
  idFilter: 'security-group-rule-id',
  idColumn: 'security_group_rule_id',
}

export const rulesOf = (groupId: string, ec2: CloudApi): AsyncIterable<SecurityGroupRule> =>
  rules.pages([{ Name: 'group-id', Values: [groupId] }], ec2)

/** Everything from the group itself: of a default group AWS made it, of any other a user did. */
const isFromItself = (rule: SecurityGroupRule): boolean =>
  !rule.IsEgress && rule.IpProtocol === '-1' && rule.ReferencedGroupInfo?.GroupId === rule.GroupId

export const isToEverywhere = (rule: SecurityGroupRule): boolean =>
  rule.IsEgress === true &&
  rule.IpProtocol === '-1' &&
  (rule.CidrIpv4 === '0.0.0.0/0' || rule.CidrIpv6 === '::/0')

export const isMadeWithGroup = ({ rule, isOfDefault }: SeenRule): boolean =>
  isToEverywhere(rule) || (isOfDefault && isFromItself(rule))

/** One call tells which groups are default ones, and only where that makes a difference. */
export async function* withGroups(
  found: AsyncIterable<SecurityGroupRule>,
  ec2: CloudApi,
): AsyncIterable<SeenRule> {
  let defaults: ReadonlySet<string | undefined> | undefined
  for await (const rule of found) {
    if (isFromItself(rule)) defaults ??= await defaultGroups(ec2)
    yield { rule, isOfDefault: defaults?.has(rule.GroupId) ?? false }
  }
}

async function defaultGroups(ec2: CloudApi): Promise<ReadonlySet<string | undefined>> {
  const Filters = [{ Name: 'group-name', Values: ['default'] }]
  const found = new Set<string | undefined>()
  const pages = ec2.pages(DescribeSecurityGroupsCommand, { Filters }, (page) => page.SecurityGroups)
  for await (const group of pages) found.add(group.GroupId)
  return found
}

/** What no two rules of a group have alike. */
export function contentOf(rule: SecurityGroupRule): string {
  const group = rule.ReferencedGroupInfo?.GroupId
  const ports = hasPorts(rule.IpProtocol) ? [rule.FromPort ?? -1, rule.ToPort ?? -1] : []
  const source = canonicalCidr(rule.CidrIpv4 ?? rule.CidrIpv6 ?? rule.PrefixListId ?? group ?? '')
  return JSON.stringify([rule.IsEgress ?? false, rule.IpProtocol ?? '-1', ports, source])
}

/** Of all other protocols EC2 answers -1, whatever was asked. */
export const hasPorts = (protocol: string | undefined): boolean =>
  /^(tcp|udp|icmp|icmpv6)$/.test(protocol ?? '')
