/** Rules of security groups: one row, one source (of egress: destination) and the ports it may use. */
import { EC2Client, type SecurityGroupRule } from '@aws-sdk/client-ec2'
import { byIds, isOwnedElsewhere } from '../kit/ec2/describe.ts'
import { type CloudApi, defineTable, grouped, type Resolved, ref, tagsFrom } from '../kit/index.ts'
import { columns, type Row, sources } from './rule-columns.ts'
import { contentOf, hasPorts, isMadeWithGroup, rules, rulesOf, type SeenRule, withGroups } from './rules.ts'
import { authorize, modify, revoke, wantedRule } from './write-rules.ts'

/** Rules of one call; EC2 lets a group have 60 of a direction, and up to 1,000 on request. */
const mostRules = 100

const idOf = ({ rule }: Pick<SeenRule, 'rule'>) => ({
  security_group_rule_id: rule.SecurityGroupRuleId ?? '',
})

const groupRef = (id: string | undefined) => ref('aws_security_group.security_group', { group_id: id ?? '' })

async function* iterate<Item>(items: readonly Item[]): AsyncIterable<Item> {
  yield* items
}

/** Look-ups of one moment go by one reading of their group. */
const readings = new WeakMap<CloudApi, Map<string, Promise<ReadonlyMap<string, SeenRule>>>>()

async function readGroup(groupId: string, ec2: CloudApi): Promise<ReadonlyMap<string, SeenRule>> {
  const found = new Map<string, SeenRule>()
  for await (const seen of withGroups(rulesOf(groupId, ec2), ec2)) found.set(contentOf(seen.rule), seen)
  return found
}

/** What AWS made along with the group is nobody's to be asked about: a create that wants it is given it. */
async function findByName(want: Resolved<Row>, ec2: CloudApi): Promise<SeenRule | undefined> {
  const groupId = want.security_group_id.group_id ?? ''
  const known = readings.get(ec2) ?? new Map<string, ReturnType<typeof readGroup>>()
  const reading = known.get(groupId) ?? readGroup(groupId, ec2)
  readings.set(ec2, known.set(groupId, reading))
  const found = (await reading).get(contentOf(wantedRule(want)))
  return found && !isMadeWithGroup(found) ? found : undefined
}

/** A group of another account, which no row describes. */
function peerOf({ GroupOwnerId, ReferencedGroupInfo: info }: SecurityGroupRule): string | null {
  const isForeign = GroupOwnerId && info?.UserId && info.UserId !== GroupOwnerId
  return isForeign ? `${info.UserId}/${info.GroupId}` : null
}

function toRow({ rule }: SeenRule): Row {
  const isPorted = hasPorts(rule.IpProtocol)
  const peer = peerOf(rule)
  const group = rule.ReferencedGroupInfo?.GroupId
  return {
    security_group_rule_id: rule.SecurityGroupRuleId ?? null,
    security_group_id: groupRef(rule.GroupId),
    is_egress: rule.IsEgress ?? false,
    ip_protocol: rule.IpProtocol ?? '-1',
    from_port: isPorted ? (rule.FromPort ?? null) : null,
    to_port: isPorted ? (rule.ToPort ?? null) : null,
    cidr_ipv4: rule.CidrIpv4 ?? null,
    cidr_ipv6: rule.CidrIpv6 ?? null,
    prefix_list_id: rule.PrefixListId ?? null,
    source_security_group: group && !peer ? groupRef(group) : null,
    peer_security_group: peer,
    description: rule.Description || null,
    tags: tagsFrom(rule.Tags),
  }
}

export const securityGroupRule = defineTable({
  name: 'security_group_rule',
  description: 'What a security group lets in or out: one source or destination, and the ports it may use.',
  naturalKey: ['security_group_id', 'is_egress', 'ip_protocol', 'from_port', 'to_port', ...sources],
  nullsAlike: true,
  settleMs: 10_000,
  holdsData: false,
  named: true,
  checks: [
    {
      sql: `num_nonnulls(${sources.join(', ')}) = 1`,
      message: `a rule has exactly one source or destination: ${sources.join(', ')}`,
    },
    {
      sql: `(ip_protocol IN ('tcp', 'udp', 'icmp', 'icmpv6')) = (from_port IS NOT NULL)
        AND (from_port IS NULL) = (to_port IS NULL)`,
      message:
        'tcp, udp and icmp need from_port and to_port (-1 for every icmp type); no other protocol has them',
    },
    {
      sql: 'from_port IS NULL OR to_port IN (-1) OR from_port <= to_port',
      message: 'the first port comes first',
    },
  ],
  createdWith: [{ parent: 'aws_security_group.security_group', via: 'security_group_id', removable: true }],
  columns,
  mapper: grouped<Row, SeenRule>(
    {
      client: EC2Client,
      operations: [
        'DescribeSecurityGroupRules',
        'DescribeSecurityGroups',
        'AuthorizeSecurityGroupIngress',
        'AuthorizeSecurityGroupEgress',
        'ModifySecurityGroupRules',
        'CreateTags',
        'DeleteTags',
        'RevokeSecurityGroupIngress',
        'RevokeSecurityGroupEgress',
      ],
      idOf,
      list: (_, ec2) => withGroups(rules.pages(undefined, ec2), ec2),
      get: async (ids, ec2) => await Array.fromAsync(withGroups(iterate(await byIds(rules, ids, ec2)), ec2)),
      findByName,
      isExternal: ({ rule }, place) => isOwnedElsewhere(rule.GroupOwnerId, place),
      async *companions(group, ec2) {
        for await (const seen of withGroups(rulesOf(group.id.group_id ?? '', ec2), ec2))
          if (isMadeWithGroup(seen)) yield seen
      },
      companionOf: (seen) => (isMadeWithGroup(seen) ? groupRef(seen.rule.GroupId) : null),
      toRow,
    },
    {
      by: {
        create: ['security_group_id', 'is_egress', 'tags'],
        update: ['security_group_id'],
        delete: ['security_group_id', 'is_egress'],
      },
      max: mostRules,
      write: { create: authorize, update: modify, delete: revoke },
    },
  ),
})
