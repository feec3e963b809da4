/** Virtual private clouds: one row, one VPC, with its flags and its optional IPv6 block. */
import {
  AssociateVpcCidrBlockCommand,
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  DisassociateVpcCidrBlockCommand,
  EC2Client,
  ModifyVpcAttributeCommand,
  type Vpc,
  type VpcAttributeName,
  type VpcIpv6CidrBlockAssociation,
} from '@aws-sdk/client-ec2'
import { byIds, byToken, isOwnedElsewhere, type Kind, taggedAs } from '../kit/ec2/describe.ts'
import { untagBy, updateTags } from '../kit/ec2/update-tags.ts'
import {
  boolean,
  type CloudApi,
  choice,
  cidr,
  defineMapper,
  defineTable,
  done,
  type Outcome,
  type Resolved,
  type RowOf,
  tags,
  tagsFrom,
  text,
  waiting,
} from '../kit/index.ts'
import { isHeld } from './ipv6.ts'

const columns = {
  vpc_id: text('Id of the VPC, made by AWS.', { output: true }),
  cidr_block: cidr('Primary IPv4 network, from /16 to /28.', { required: true, replaces: 'after' }),
  state: text('pending or available.', { output: true }),
  is_default: boolean('Whether it is the VPC that AWS made for the account.', { output: true }),
  instance_tenancy: choice(['default', 'dedicated'], 'Hardware that instances run on.', {
    default: 'default',
    replaces: 'after',
  }),
  enable_dns_hostnames: boolean('Instances with public addresses get public names.', {
    default: false,
    interrupts: true,
    ownCall: ['create', 'update'],
  }),
  enable_dns_support: boolean("Amazon's resolver answers within the VPC.", {
    default: true,
    interrupts: true,
    ownCall: ['create', 'update'],
  }),
  enable_network_address_usage_metrics: boolean('Counts the addresses in use.', {
    default: false,
    ownCall: ['create', 'update'],
  }),
  amazon_provided_ipv6_cidr_block: boolean('Has an IPv6 /56 out of the pool of Amazon.', {
    default: false,
    interrupts: true,
    ownCall: ['update'],
  }),
  ipv6_cidr_block: cidr('The IPv6 network of the VPC.', { output: true }),
  owner_id: text('Account that owns it.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>
type Flag = 'enable_dns_support' | 'enable_dns_hostnames' | 'enable_network_address_usage_metrics'

interface SeenVpc {
  readonly vpc: Vpc
  /** Absent in a list. */
  readonly flags?: Readonly<Record<Flag, boolean>>
}

const vpcs: Kind<Vpc> = {
  pages: (Filters, ec2) =>
    ec2.pages(DescribeVpcsCommand, Filters ? { Filters } : { MaxResults: 1_000 }, (page) => page.Vpcs),
  idFilter: 'vpc-id',
  idColumn: 'vpc_id',
}

const attributes = {
  enable_dns_support: ['enableDnsSupport', 'EnableDnsSupport'],
  enable_dns_hostnames: ['enableDnsHostnames', 'EnableDnsHostnames'],
  enable_network_address_usage_metrics: [
    'enableNetworkAddressUsageMetrics',
    'EnableNetworkAddressUsageMetrics',
  ],
} as const satisfies Record<Flag, readonly [VpcAttributeName, string]>

async function readFlag(vpcId: string, flag: Flag, ec2: CloudApi): Promise<boolean> {
  const [Attribute, field] = attributes[flag]
  const answer = await ec2.send(DescribeVpcAttributeCommand, { VpcId: vpcId, Attribute })
  return answer[field]?.Value ?? false
}

async function readFlags(vpc: Vpc, ec2: CloudApi): Promise<SeenVpc> {
  const read = (flag: Flag) => readFlag(vpc.VpcId ?? '', flag, ec2)
  const [support, hostnames, metrics] = await Promise.all([
    read('enable_dns_support'),
    read('enable_dns_hostnames'),
    read('enable_network_address_usage_metrics'),
  ])
  return {
    vpc,
    flags: {
      enable_dns_support: support,
      enable_dns_hostnames: hostnames,
      enable_network_address_usage_metrics: metrics,
    },
  }
}

/** Names need the resolver: it is switched on before them and off after them. */
const flagsInOrder = (want: Resolved<Row>): readonly Flag[] => {
  const dns: Flag[] = ['enable_dns_support', 'enable_dns_hostnames']
  return [...(want.enable_dns_support ? dns : dns.reverse()), 'enable_network_address_usage_metrics']
}

const ipv6Of = (vpc: Vpc): VpcIpv6CidrBlockAssociation | undefined =>
  vpc.Ipv6CidrBlockAssociationSet?.find((held) => (held.Ipv6Pool ?? 'Amazon') === 'Amazon' && isHeld(held))

async function updateIpv6(vpc: Vpc, want: boolean, ec2: CloudApi): Promise<void> {
  const seen = ipv6Of(vpc)
  if (want && !seen)
    await ec2.send(AssociateVpcCidrBlockCommand, {
      VpcId: vpc.VpcId ?? '',
      AmazonProvidedIpv6CidrBlock: true,
    })
  if (!want && seen)
    await ec2.send(DisassociateVpcCidrBlockCommand, { AssociationId: seen.AssociationId ?? '' })
}

const isSettled = (vpc: Vpc): boolean =>
  vpc.State === 'available' && ipv6Of(vpc)?.Ipv6CidrBlockState?.State !== 'associating'

const outcomeOf = (vpc: Vpc): Outcome => {
  const id = { vpc_id: vpc.VpcId ?? '' }
  return isSettled(vpc) ? done(id) : waiting(id, 'the VPC to become available')
}

export const vpc = defineTable({
  name: 'vpc',
  description: 'A virtual private cloud: a network of your own in one region.',
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: 10_000,
  holdsData: false,
  estimates: { createMs: 3_000 },
  protects: [{ when: 'is_default', message: 'the default VPC of a region is not deleted' }],
  hydrates: ['enable_dns_support', 'enable_dns_hostnames', 'enable_network_address_usage_metrics'],
  columns,
  mapper: defineMapper<Row, SeenVpc>()({
    client: EC2Client,
    operations: [
      'DescribeVpcs',
      'DescribeVpcAttribute',
      'CreateVpc',
      'ModifyVpcAttribute',
      'AssociateVpcCidrBlock',
      'DisassociateVpcCidrBlock',
      'CreateTags',
      'DeleteTags',
      'DeleteVpc',
    ],
    idOf: ({ vpc }) => ({ vpc_id: vpc.VpcId ?? '' }),
    async *list(_, ec2) {
      for await (const vpc of vpcs.pages(undefined, ec2)) yield { vpc }
    },
    async get(ids, ec2) {
      return ec2.each(await byIds(vpcs, ids, ec2), (vpc) => readFlags(vpc, ec2))
    },
    async findByToken(token, ec2) {
      const vpc = await byToken(vpcs, token, ec2)
      return vpc && readFlags(vpc, ec2)
    },
    isExternal: ({ vpc }, place) => isOwnedElsewhere(vpc.OwnerId, place),
    untag: untagBy('vpc_id'),
    async create(want, token, ec2) {
      const { Vpc: made = {} } = await ec2.send(CreateVpcCommand, {
        CidrBlock: want.cidr_block,
        InstanceTenancy: want.instance_tenancy,
        AmazonProvidedIpv6CidrBlock: want.amazon_provided_ipv6_cidr_block,
        TagSpecifications: taggedAs('vpc', want.tags, token),
      })
      const isAsMade =
        want.enable_dns_support && !want.enable_dns_hostnames && !want.enable_network_address_usage_metrics
      if (isAsMade) return outcomeOf(made)
      return waiting({ vpc_id: made.VpcId ?? '' }, 'the VPC to become available', 'again')
    },
    async update({ vpc, flags }, want, delta, _, ec2) {
      const id = { vpc_id: vpc.VpcId ?? '' }
      for (const flag of flagsInOrder(want)) {
        if (!delta[flag] || flags?.[flag] === want[flag]) continue
        const [, field] = attributes[flag]
        await ec2.send(ModifyVpcAttributeCommand, { VpcId: id.vpc_id, [field]: { Value: want[flag] } })
      }
      if (delta.tags) await updateTags(id.vpc_id, { seen: vpc.Tags, want: want.tags }, ec2)
      if (!delta.amazon_provided_ipv6_cidr_block) return done(id)
      await updateIpv6(vpc, want.amazon_provided_ipv6_cidr_block, ec2)
      return waiting(id, 'the IPv6 network to be associated')
    },
    async delete({ vpc }, _, ec2) {
      await ec2.send(DeleteVpcCommand, { VpcId: vpc.VpcId })
      return done({ vpc_id: vpc.VpcId ?? '' })
    },
    settled: ({ vpc }) => isSettled(vpc),
    toRow: ({ vpc, flags }) => ({
      vpc_id: vpc.VpcId ?? null,
      cidr_block: vpc.CidrBlock ?? '',
      state: vpc.State ?? null,
      is_default: vpc.IsDefault ?? false,
      instance_tenancy: vpc.InstanceTenancy === 'dedicated' ? 'dedicated' : 'default',
      enable_dns_hostnames: flags?.enable_dns_hostnames ?? false,
      enable_dns_support: flags?.enable_dns_support ?? true,
      enable_network_address_usage_metrics: flags?.enable_network_address_usage_metrics ?? false,
      amazon_provided_ipv6_cidr_block: ipv6Of(vpc) !== undefined,
      ipv6_cidr_block: ipv6Of(vpc)?.Ipv6CidrBlock ?? null,
      owner_id: vpc.OwnerId ?? null,
      tags: tagsFrom(vpc.Tags),
    }),
  }),
})
