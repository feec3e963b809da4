/** Subnets: ranges of a VPC's addresses in one availability zone. */
import {
  AssociateSubnetCidrBlockCommand,
  CreateSubnetCommand,
  DeleteSubnetCommand,
  DescribeSubnetsCommand,
  DisassociateSubnetCidrBlockCommand,
  EC2Client,
  ModifySubnetAttributeCommand,
  type ModifySubnetAttributeCommandInput,
  type Subnet,
  type SubnetIpv6CidrBlockAssociation,
} from '@aws-sdk/client-ec2'
import { byIds, byToken, isOwnedElsewhere, type Kind, taggedAs } from '../kit/ec2/describe.ts'
import { untagBy, updateTags } from '../kit/ec2/update-tags.ts'
import {
  boolean,
  type CloudApi,
  canonicalCidr,
  choice,
  cidr,
  defineMapper,
  defineTable,
  done,
  integer,
  type Outcome,
  type Resolved,
  type RowOf,
  ref,
  reference,
  tags,
  tagsFrom,
  text,
  waiting,
} from '../kit/index.ts'
import { isHeld } from './ipv6.ts'

/** AWS takes one attribute a call, and none along with the create. */
const onLaunch = { default: false, ownCall: ['create', 'update'] } as const

const columns = {
  subnet_id: text('Id of the subnet, made by AWS.', { output: true }),
  vpc_id: reference('aws_vpc.vpc', 'VPC that the subnet is part of.', { required: true, replaces: 'after' }),
  availability_zone: reference('aws_vpc.availability_zone', 'Zone of the subnet; null lets AWS choose.', {
    by: 'name',
    replaces: 'before',
  }),
  cidr_block: cidr("IPv4 network within the VPC's; null only for a subnet with IPv6 alone.", {
    replaces: 'before',
  }),
  ipv6_cidr_block: cidr("IPv6 network, a /64 within the VPC's.", {
    clearable: true,
    interrupts: true,
    ownCall: ['update', 'clear'],
  }),
  ipv6_native: boolean('Has IPv6 addresses alone.', { default: false, replaces: 'before' }),
  assign_ipv6_address_on_creation: boolean('New network interfaces get an IPv6 address.', onLaunch),
  map_public_ip_on_launch: boolean('New network interfaces get a public IPv4 address.', onLaunch),
  enable_dns64: boolean('The resolver synthesizes IPv6 answers for IPv4 hosts.', {
    ...onLaunch,
    interrupts: true,
  }),
  private_dns_hostname_type_on_launch: choice(
    ['ip-name', 'resource-name'],
    'What the private names of instances are made of; null lets AWS choose.',
    { ownCall: ['create', 'update'] },
  ),
  enable_resource_name_dns_a_record_on_launch: boolean(
    'Resource names of instances resolve to IPv4.',
    onLaunch,
  ),
  enable_resource_name_dns_aaaa_record_on_launch: boolean(
    'Resource names of instances resolve to IPv6.',
    onLaunch,
  ),
  state: text('pending, available, unavailable or failed.', { output: true }),
  available_ip_address_count: integer('Unused IPv4 addresses when last read.', {
    output: true,
    live: true,
  }),
  default_for_az: boolean('Whether it is the subnet that AWS made for the zone.', { output: true }),
  availability_zone_id: text('Name of the zone that is the same in all accounts.', { output: true }),
  owner_id: text('Account that owns it.', { output: true }),
  subnet_arn: text('ARN of the subnet.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

const subnets: Kind<Subnet> = {
  pages: (Filters, ec2) =>
    ec2.pages(DescribeSubnetsCommand, Filters ? { Filters } : { MaxResults: 1_000 }, (page) => page.Subnets),
  idFilter: 'subnet-id',
  idColumn: 'subnet_id',
}

/** The columns that are one attribute each, with the call's field; AWS takes one attribute a call. */
const attributes = {
  map_public_ip_on_launch: 'MapPublicIpOnLaunch',
  assign_ipv6_address_on_creation: 'AssignIpv6AddressOnCreation',
  enable_dns64: 'EnableDns64',
  enable_resource_name_dns_a_record_on_launch: 'EnableResourceNameDnsARecordOnLaunch',
  enable_resource_name_dns_aaaa_record_on_launch: 'EnableResourceNameDnsAAAARecordOnLaunch',
} as const satisfies Partial<Record<keyof Row, keyof ModifySubnetAttributeCommandInput>>

const attributeNames = Object.keys(attributes) as (keyof typeof attributes)[]

const ipv6Of = (subnet: Subnet): SubnetIpv6CidrBlockAssociation | undefined =>
  subnet.Ipv6CidrBlockAssociationSet?.find(isHeld)

/** A subnet takes one IPv6 network at a time: the old one goes before the new one comes. */
async function updateIpv6(subnet: Subnet, want: string | null, ec2: CloudApi): Promise<void> {
  const seen = ipv6Of(subnet)
  if (canonicalCidr(seen?.Ipv6CidrBlock ?? '') === canonicalCidr(want ?? '')) return
  if (seen) await ec2.send(DisassociateSubnetCidrBlockCommand, { AssociationId: seen.AssociationId })
  if (want)
    await ec2.send(AssociateSubnetCidrBlockCommand, { SubnetId: subnet.SubnetId, Ipv6CidrBlock: want })
}

const idOf = (subnet: Subnet) => ({ subnet_id: subnet.SubnetId ?? '' })

const isSettled = (subnet: Subnet): boolean =>
  subnet.State === 'available' && ipv6Of(subnet)?.Ipv6CidrBlockState?.State !== 'associating'

function outcomeOf(subnet: Subnet, want: Resolved<Row>): Outcome {
  const isAsMade =
    attributeNames.every((name) => !want[name]) && want.private_dns_hostname_type_on_launch === null
  if (!isAsMade) return waiting(idOf(subnet), 'the subnet to become available', 'again')
  return isSettled(subnet) ? done(idOf(subnet)) : waiting(idOf(subnet), 'the subnet to become available')
}

const toRow = (subnet: Subnet): Row => ({
  subnet_id: subnet.SubnetId ?? null,
  vpc_id: ref('aws_vpc.vpc', { vpc_id: subnet.VpcId ?? '' }),
  availability_zone: subnet.AvailabilityZone ?? null,
  cidr_block: subnet.CidrBlock || null,
  ipv6_cidr_block: ipv6Of(subnet)?.Ipv6CidrBlock ?? null,
  ipv6_native: subnet.Ipv6Native ?? false,
  assign_ipv6_address_on_creation: subnet.AssignIpv6AddressOnCreation ?? false,
  map_public_ip_on_launch: subnet.MapPublicIpOnLaunch ?? false,
  enable_dns64: subnet.EnableDns64 ?? false,
  private_dns_hostname_type_on_launch: subnet.PrivateDnsNameOptionsOnLaunch?.HostnameType ?? null,
  enable_resource_name_dns_a_record_on_launch:
    subnet.PrivateDnsNameOptionsOnLaunch?.EnableResourceNameDnsARecord ?? false,
  enable_resource_name_dns_aaaa_record_on_launch:
    subnet.PrivateDnsNameOptionsOnLaunch?.EnableResourceNameDnsAAAARecord ?? false,
  state: subnet.State ?? null,
  available_ip_address_count: subnet.AvailableIpAddressCount ?? null,
  default_for_az: subnet.DefaultForAz ?? false,
  availability_zone_id: subnet.AvailabilityZoneId ?? null,
  owner_id: subnet.OwnerId ?? null,
  subnet_arn: subnet.SubnetArn ?? null,
  tags: tagsFrom(subnet.Tags),
})

export const subnet = defineTable({
  name: 'subnet',
  description: "A range of a VPC's addresses in one availability zone.",
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: 10_000,
  holdsData: false,
  estimates: { createMs: 2_000 },
  protects: [{ when: 'default_for_az', message: 'the default subnet of a zone is not deleted' }],
  columns,
  mapper: defineMapper<Row, Subnet>()({
    client: EC2Client,
    operations: [
      'DescribeSubnets',
      'CreateSubnet',
      'ModifySubnetAttribute',
      'AssociateSubnetCidrBlock',
      'DisassociateSubnetCidrBlock',
      'CreateTags',
      'DeleteTags',
      'DeleteSubnet',
    ],
    idOf,
    list: (_, ec2) => subnets.pages(undefined, ec2),
    get: (ids, ec2) => byIds(subnets, ids, ec2),
    findByToken: (token, ec2) => byToken(subnets, token, ec2),
    isExternal: (seen, place) => isOwnedElsewhere(seen.OwnerId, place),
    untag: untagBy('subnet_id'),
    async create(want, token, ec2) {
      const { Subnet: made = {} } = await ec2.send(CreateSubnetCommand, {
        VpcId: want.vpc_id.vpc_id,
        CidrBlock: want.cidr_block ?? undefined,
        Ipv6CidrBlock: want.ipv6_cidr_block ?? undefined,
        Ipv6Native: want.ipv6_native || undefined,
        AvailabilityZone: want.availability_zone ?? undefined,
        TagSpecifications: taggedAs('subnet', want.tags, token),
      })
      return outcomeOf(made, want)
    },
    async update(seen, want, delta, _, ec2) {
      const SubnetId = seen.SubnetId ?? ''
      const row = toRow(seen)
      if (delta.ipv6_cidr_block) await updateIpv6(seen, want.ipv6_cidr_block, ec2)
      for (const name of attributeNames) {
        if (!delta[name] || row[name] === want[name]) continue
        await ec2.send(ModifySubnetAttributeCommand, { SubnetId, [attributes[name]]: { Value: want[name] } })
      }
      const hostnameType = want.private_dns_hostname_type_on_launch
      if (delta.private_dns_hostname_type_on_launch && hostnameType)
        await ec2.send(ModifySubnetAttributeCommand, {
          SubnetId,
          PrivateDnsHostnameTypeOnLaunch: hostnameType,
        })
      if (delta.tags) await updateTags(SubnetId, { seen: seen.Tags, want: want.tags }, ec2)
      return delta.ipv6_cidr_block
        ? waiting(idOf(seen), 'the IPv6 network to be associated')
        : done(idOf(seen))
    },
    async delete(seen, _, ec2) {
      await ec2.send(DeleteSubnetCommand, { SubnetId: seen.SubnetId })
      return done(idOf(seen))
    },
    settled: isSettled,
    toRow,
  }),
})
