/** NAT gateways: the way out for addresses that nobody may reach; slow to come, slow to go, and able to fail late. */
import {
  CreateNatGatewayCommand,
  DeleteNatGatewayCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeSubnetsCommand,
  EC2Client,
  type NatGateway,
} from '@aws-sdk/client-ec2'
import { byIds, type Kind, taggedAs } from '../kit/ec2/describe.ts'
import { untagBy, updateTags } from '../kit/ec2/update-tags.ts'
import {
  type CloudApi,
  choice,
  defineMapper,
  defineTable,
  done,
  IasqlError,
  type Outcome,
  type RowOf,
  ref,
  reference,
  tags,
  tagsFrom,
  text,
  tokenTag,
  waiting,
} from '../kit/index.ts'

const columns = {
  nat_gateway_id: text('Id of the gateway, made by AWS.', { output: true }),
  connectivity_type: choice(['public', 'private'], 'Whether it leads to the internet or to other networks.', {
    default: 'public',
    replaces: 'before',
  }),
  // The new one needs the elastic IP address that the old one holds.
  subnet_id: reference('aws_vpc.subnet', 'Subnet it sits in.', { required: true, replaces: 'before' }),
  elastic_ip_id: reference('aws_vpc.elastic_ip', 'Its public address; a public gateway needs one.', {
    replaces: 'after',
  }),
  state: text('pending, available, failed, deleting or deleted.', { output: true }),
  failure_message: text('Why it failed, in the words of AWS.', { output: true }),
  public_ip: text('Address that others see.', { output: true }),
  private_ip: text('Address within the subnet.', { output: true }),
  network_interface_id: text('Its network interface.', { output: true }),
  vpc_id: reference('aws_vpc.vpc', 'VPC of the subnet.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

/** EC2 shows a deleted gateway for about an hour. */
const gateways: Kind<NatGateway> = {
  async *pages(Filter, ec2) {
    const input = Filter ? { Filter } : { MaxResults: 1_000 }
    for await (const gateway of ec2.pages(DescribeNatGatewaysCommand, input, (page) => page.NatGateways))
      if (gateway.State !== 'deleted') yield gateway
  },
  idFilter: 'nat-gateway-id',
  idColumn: 'nat_gateway_id',
}

const idOf = (gateway: NatGateway) => ({ nat_gateway_id: gateway.NatGatewayId ?? '' })

/** Of several addresses the first is the one it was made with. */
const addressOf = ({ NatGatewayAddresses: all = [] }: NatGateway) =>
  all.find(({ IsPrimary }) => IsPrimary) ?? all[0]

const failureOf = ({ FailureCode, FailureMessage }: NatGateway): string | null =>
  FailureMessage ?? FailureCode ?? null

async function findByToken(token: string, ec2: CloudApi): Promise<NatGateway | undefined> {
  for await (const gateway of gateways.pages([{ Name: `tag:${tokenTag}`, Values: [token] }], ec2))
    if (gateway.Tags?.some(({ Key, Value }) => Key === tokenTag && Value === token)) return gateway
  return undefined
}

const noWayOut = { operation: 'DescribeInternetGateways', error: 'NoInternetGateway' }

/** Without a way to the internet a public gateway would be made, and fail, and stand about as failed for an hour. */
async function expectWayOut(subnetId: string, ec2: CloudApi): Promise<void> {
  const { Subnets = [] } = await ec2.send(DescribeSubnetsCommand, {
    Filters: [{ Name: 'subnet-id', Values: [subnetId] }],
  })
  const vpcId = Subnets[0]?.VpcId
  if (!vpcId) return
  const { InternetGateways = [] } = await ec2.send(DescribeInternetGatewaysCommand, {
    Filters: [{ Name: 'attachment.vpc-id', Values: [vpcId] }],
  })
  if (InternetGateways.length > 0) return
  const message = `${vpcId} has no internet gateway, which a public NAT gateway needs`
  throw new IasqlError('cloud/invalid', message, {
    hint: 'Attach one: INSERT INTO internet_gateway (vpc_id) …; or set connectivity_type to private.',
    refusal: { ...noWayOut, message },
  })
}

const outcomeOf = (gateway: NatGateway): Outcome =>
  gateway.State === 'available'
    ? done(idOf(gateway))
    : waiting(idOf(gateway), 'the NAT gateway to become available')

export const natGateway = defineTable({
  name: 'nat_gateway',
  description: 'Lets what has no public address call out, by an elastic IP address of its own.',
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: 10_000,
  holdsData: false,
  estimates: { createMs: 120_000, deleteMs: 60_000 },
  after: [
    {
      table: 'aws_vpc.internet_gateway',
      by: ['vpc_id'],
      via: ['subnet_id', 'vpc_id'],
      where: { column: 'connectivity_type', values: ['public'] },
    },
  ],
  propagates: [
    {
      ...noWayOut,
      message: /has no internet gateway/,
      forMs: 30_000,
      because: 'an internet gateway that was attached a moment ago may not show yet',
    },
  ],
  checks: [
    {
      sql: "elastic_ip_id IS NULL OR connectivity_type = 'public'",
      message: 'a private NAT gateway has no elastic IP address',
    },
  ],
  columns,
  mapper: defineMapper<Row, NatGateway>()({
    client: EC2Client,
    operations: [
      'DescribeNatGateways',
      'DescribeSubnets',
      'DescribeInternetGateways',
      'CreateNatGateway',
      'CreateTags',
      'DeleteTags',
      'DeleteNatGateway',
    ],
    idOf,
    list: (_, ec2) => gateways.pages(undefined, ec2),
    get: (ids, ec2) => byIds(gateways, ids, ec2),
    findByToken,
    untag: untagBy('nat_gateway_id'),
    async create(want, token, ec2) {
      const SubnetId = want.subnet_id.subnet_id
      if (want.connectivity_type === 'public') await expectWayOut(SubnetId ?? '', ec2)
      const { NatGateway: made = {} } = await ec2.send(CreateNatGatewayCommand, {
        SubnetId,
        ConnectivityType: want.connectivity_type,
        AllocationId: want.elastic_ip_id?.allocation_id,
        ClientToken: token,
        TagSpecifications: taggedAs('natgateway', want.tags, token),
      })
      return outcomeOf(made)
    },
    async update(seen, want, delta, _, ec2) {
      const id = idOf(seen)
      if (delta.tags) await updateTags(id.nat_gateway_id, { seen: seen.Tags, want: want.tags }, ec2)
      return done(id)
    },
    async delete(seen, _, ec2) {
      if (seen.State !== 'deleting')
        await ec2.send(DeleteNatGatewayCommand, { NatGatewayId: seen.NatGatewayId })
      return waiting(idOf(seen), 'the NAT gateway to be deleted')
    },
    settled: (seen) =>
      seen.State === 'failed'
        ? { failed: failureOf(seen) ?? 'the NAT gateway failed' }
        : seen.State === 'available',
    toRow: (seen) => {
      const address = addressOf(seen)
      return {
        nat_gateway_id: seen.NatGatewayId ?? null,
        connectivity_type: seen.ConnectivityType === 'private' ? 'private' : 'public',
        subnet_id: ref('aws_vpc.subnet', { subnet_id: seen.SubnetId ?? '' }),
        elastic_ip_id: ref(
          'aws_vpc.elastic_ip',
          address?.AllocationId ? { allocation_id: address.AllocationId } : null,
        ),
        state: seen.State ?? null,
        failure_message: failureOf(seen),
        public_ip: address?.PublicIp ?? null,
        private_ip: address?.PrivateIp ?? null,
        network_interface_id: address?.NetworkInterfaceId ?? null,
        vpc_id: ref('aws_vpc.vpc', seen.VpcId ? { vpc_id: seen.VpcId } : null),
        tags: tagsFrom(seen.Tags),
      }
    },
  }),
})
