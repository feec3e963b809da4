/** Security groups: the firewall that network interfaces of a VPC share; their rules are rows of their own. */
import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type Filter,
  type SecurityGroup,
} from '@aws-sdk/client-ec2'
import { byIds, isOwnedElsewhere, type Kind } from '../kit/ec2/describe.ts'
import { updateTags } from '../kit/ec2/update-tags.ts'
import {
  arn,
  type CloudApi,
  defineMapper,
  defineTable,
  done,
  type Resolved,
  type RowOf,
  ref,
  reference,
  tagList,
  tags,
  tagsFrom,
  text,
} from '../kit/index.ts'

const columns = {
  group_id: text('Id of the group, made by AWS.', { output: true }),
  group_name: text('Name of the group, one of its kind in its VPC; does not begin with sg-.', {
    required: true,
    replaces: 'after',
    check: `length({}) BETWEEN 1 AND 255 AND {} NOT LIKE 'sg-%'`,
  }),
  description: text(
    'What the group is for. Of a group in use change the name along with it, so that the new one comes first.',
    {
      required: true,
      // What keeps its name makes room first, as of one name there is one in a VPC.
      replaces: 'after',
      check: 'length({}) BETWEEN 1 AND 255',
    },
  ),
  vpc_id: reference('aws_vpc.vpc', 'VPC whose interfaces it protects; null chooses the default VPC.', {
    replaces: 'after',
  }),
  owner_id: text('Account that owns it.', { output: true }),
  security_group_arn: arn('ARN of the group.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

/** EC2's name for the group that comes with a VPC; nobody else may give it. */
const defaultName = 'default'

const groups: Kind<SecurityGroup> = {
  pages: (Filters, ec2) =>
    ec2.pages(
      DescribeSecurityGroupsCommand,
      Filters ? { Filters } : { MaxResults: 1_000 },
      (page) => page.SecurityGroups,
    ),
  idFilter: 'group-id',
  idColumn: 'group_id',
}

const idOf = (group: SecurityGroup) => ({ group_id: group.GroupId ?? '' })
const vpcOf = (group: SecurityGroup) => ref('aws_vpc.vpc', group.VpcId ? { vpc_id: group.VpcId } : null)

const named = (name: string, vpcId: string): Filter[] => [
  { Name: 'group-name', Values: [name] },
  { Name: 'vpc-id', Values: [vpcId] },
]

async function defaultVpcId(ec2: CloudApi): Promise<string | undefined> {
  const filter = { Filters: [{ Name: 'is-default', Values: ['true'] }] }
  return (await ec2.send(DescribeVpcsCommand, filter)).Vpcs?.[0]?.VpcId
}

/** The filters match wildcards, which names may have. */
async function findByName(want: Resolved<Row>, ec2: CloudApi): Promise<SecurityGroup | undefined> {
  const vpcId = want.vpc_id?.vpc_id ?? (await defaultVpcId(ec2))
  if (!vpcId) return undefined
  for await (const group of groups.pages(named(want.group_name, vpcId), ec2))
    if (group.GroupName === want.group_name) return group
  return undefined
}

export const securityGroup = defineTable({
  name: 'security_group',
  description: 'A firewall for network interfaces of a VPC; the default one is made along with the VPC.',
  naturalKey: ['group_name', 'vpc_id'],
  settleMs: 10_000,
  holdsData: false,
  named: true,
  createdWith: [{ parent: 'aws_vpc.vpc', via: 'vpc_id' }],
  columns,
  mapper: defineMapper<Row, SecurityGroup>()({
    client: EC2Client,
    operations: [
      'DescribeSecurityGroups',
      'DescribeVpcs',
      'CreateSecurityGroup',
      'CreateTags',
      'DeleteTags',
      'DeleteSecurityGroup',
    ],
    idOf,
    list: (_, ec2) => groups.pages(undefined, ec2),
    get: (ids, ec2) => byIds(groups, ids, ec2),
    findByName,
    isExternal: (seen, place) => isOwnedElsewhere(seen.OwnerId, place),
    companions: (vpc, ec2) => groups.pages(named(defaultName, vpc.id.vpc_id ?? ''), ec2),
    companionOf: (seen) => (seen.GroupName === defaultName ? vpcOf(seen) : null),
    async create(want, _, ec2) {
      const given = tagList(want.tags ?? {})
      const { GroupId = '' } = await ec2.send(CreateSecurityGroupCommand, {
        GroupName: want.group_name,
        Description: want.description,
        VpcId: want.vpc_id?.vpc_id,
        ...(given.length > 0 ? { TagSpecifications: [{ ResourceType: 'security-group', Tags: given }] } : {}),
      })
      return done({ group_id: GroupId })
    },
    async update(seen, want, delta, _, ec2) {
      const id = idOf(seen)
      if (delta.tags) await updateTags(id.group_id, { seen: seen.Tags, want: want.tags }, ec2)
      return done(id)
    },
    async delete(seen, _, ec2) {
      await ec2.send(DeleteSecurityGroupCommand, { GroupId: seen.GroupId })
      return done(idOf(seen))
    },
    toRow: (seen) => ({
      group_id: seen.GroupId ?? null,
      group_name: seen.GroupName ?? '',
      description: seen.Description ?? '',
      vpc_id: vpcOf(seen),
      owner_id: seen.OwnerId ?? null,
      security_group_arn: seen.SecurityGroupArn ?? null,
      tags: tagsFrom(seen.Tags),
    }),
  }),
})
