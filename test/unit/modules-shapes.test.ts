/** Answers that AWS gives and the emulator does not: pending states, failures, every kind of target. */
import {
  AssociateRouteTableCommand,
  CreateRouteCommand,
  CreateVpcCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  ReplaceRouteCommand,
  type Route,
} from '@aws-sdk/client-ec2'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { ref, waiting } from '#engine/model/cloud.ts'
import type { Mapper } from '#modules/kit/index.ts'
import { findTable } from '#modules/registry.ts'
import { mapperOf } from '#test/support/recorded-mapper.ts'

const ec2 = mockClient(EC2Client)
const sqs = mockClient(SQSClient)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'cn-north-1' }
const api = (mapper: Mapper) => cloud.api(mapper.client, place, AbortSignal.timeout(5_000))

beforeEach(() => {
  ec2.reset()
  sqs.reset()
})

const vpcRow = {
  cidr_block: '10.0.0.0/16',
  instance_tenancy: 'default',
  enable_dns_support: true,
  enable_dns_hostnames: false,
  enable_network_address_usage_metrics: false,
  amazon_provided_ipv6_cidr_block: false,
  tags: null,
}

test('a VPC that is still pending is waited for', async () => {
  const mapper = mapperOf('vpc')
  ec2.on(CreateVpcCommand).resolves({ Vpc: { VpcId: 'vpc-1', State: 'pending' } })

  const outcome = await mapper.create(vpcRow, 'token', api(mapper))

  expect(outcome).toEqual(waiting({ vpc_id: 'vpc-1' }, 'the VPC to become available'))
  expect(mapper.settled?.({ vpc: { State: 'pending' } })).toBe(false)
  expect(mapper.settled?.({ vpc: { State: 'available' } })).toBe(true)
})

test('a VPC whose IPv6 network is being associated is not settled, one that lost it has none', () => {
  const mapper = mapperOf('vpc')
  const withState = (State: string) => ({
    vpc: {
      State: 'available',
      Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlock: '2001:db8::/56', Ipv6CidrBlockState: { State } }],
    },
  })

  expect(mapper.settled?.(withState('associating'))).toBe(false)
  expect(mapper.toRow(withState('associated'))).toMatchObject({ ipv6_cidr_block: '2001:db8::/56' })
  expect(mapper.toRow(withState('disassociated'))).toMatchObject({ amazon_provided_ipv6_cidr_block: false })
})

test('a list of subnets is followed to its end', async () => {
  const mapper = mapperOf('subnet')
  ec2
    .on(DescribeSubnetsCommand)
    .resolvesOnce({ Subnets: [{ SubnetId: 'subnet-1' }], NextToken: 't' })
    .resolvesOnce({ Subnets: [{ SubnetId: 'subnet-2' }] })
  const ids: unknown[] = []

  for await (const seen of mapper.list(place, api(mapper))) ids.push(mapper.idOf(seen))

  expect(ids).toEqual([{ subnet_id: 'subnet-1' }, { subnet_id: 'subnet-2' }])
})

const seenRoute = (route: Route) => ({ table: { RouteTableId: 'rtb-1' }, route, isDefault: false })

test.each([
  [
    { GatewayId: 'igw-1' },
    { internet_gateway_id: ref('aws_vpc.internet_gateway', { internet_gateway_id: 'igw-1' }) },
  ],
  [{ GatewayId: 'vgw-1' }, { gateway_id: 'vgw-1', internet_gateway_id: null }],
  [{ GatewayId: 'local' }, { gateway_id: 'local' }],
  [{ GatewayId: 'vpce-1' }, { vpc_endpoint_id: 'vpce-1', gateway_id: null }],
  [{ NatGatewayId: 'nat-1' }, { nat_gateway_id: 'nat-1' }],
  [
    { InstanceId: 'i-1', NetworkInterfaceId: 'eni-1' },
    { instance_id: 'i-1', network_interface_id: 'eni-1' },
  ],
  [{ DestinationIpv6CidrBlock: '::/0' }, { destination: '::/0' }],
  [{ DestinationPrefixListId: 'pl-1' }, { destination: 'pl-1' }],
])('a route %o reads as %o', (route, row) => {
  expect(mapperOf('route').toRow(seenRoute(route))).toMatchObject(row)
})

test('the way out of the default VPC is known by its VPC, its table and its target', async () => {
  const mapper = mapperOf('route')
  const Routes = [
    { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1', Origin: 'CreateRoute' },
    { DestinationCidrBlock: '172.31.0.0/16', GatewayId: 'local', Origin: 'CreateRouteTable' },
  ] as const
  const main = [{ Main: true }]
  ec2.on(DescribeVpcsCommand).resolves({ Vpcs: [{ VpcId: 'vpc-default' }] })
  ec2.on(DescribeRouteTablesCommand).resolves({
    RouteTables: [
      { RouteTableId: 'rtb-1', VpcId: 'vpc-default', Associations: main, Routes: [...Routes] },
      { RouteTableId: 'rtb-2', VpcId: 'vpc-default', Routes: [...Routes] },
      { RouteTableId: 'rtb-3', VpcId: 'vpc-other', Associations: main, Routes: [...Routes] },
    ],
  })
  const flags: unknown[] = []

  for await (const seen of mapper.list(place, api(mapper))) flags.push(mapper.toRow(seen).is_default)

  expect(flags).toEqual([true, false, false, false, false, false])
})

const routeRow = (row: object) => ({
  ...Object.fromEntries(Object.keys(findTable('route')?.columns ?? {}).map((name) => [name, null])),
  route_table_id: { route_table_id: 'rtb-1' },
  destination: '10.9.0.0/16',
  ...row,
})

test('from an instance to a gateway, the interface that AWS filled in is not sent along', async () => {
  const mapper = mapperOf('route')
  const seen = seenRoute({
    DestinationCidrBlock: '10.9.0.0/16',
    InstanceId: 'i-1',
    NetworkInterfaceId: 'eni-1',
  })
  const want = routeRow({ nat_gateway_id: 'nat-1', network_interface_id: 'eni-1' })
  ec2.on(ReplaceRouteCommand).resolves({})

  await mapper.update(seen, want, { nat_gateway_id: { from: null, to: 'nat-1' } }, 'token', api(mapper))

  const [call] = ec2.commandCalls(ReplaceRouteCommand)
  expect(call?.args[0].input).toMatchObject({ RouteTableId: 'rtb-1', NatGatewayId: 'nat-1' })
  expect(call?.args[0].input.NetworkInterfaceId).toBeUndefined()
})

test('back to the VPC itself is a flag and no gateway', async () => {
  const mapper = mapperOf('route')
  const seen = seenRoute({ DestinationCidrBlock: '10.9.0.0/16', NatGatewayId: 'nat-1' })
  ec2.on(ReplaceRouteCommand).resolves({})

  await mapper.update(seen, routeRow({ gateway_id: 'local' }), {}, 'token', api(mapper))

  const [call] = ec2.commandCalls(ReplaceRouteCommand)
  expect(call?.args[0].input).toMatchObject({ LocalTarget: true })
  expect(call?.args[0].input.GatewayId).toBeUndefined()
})

test.each([
  ['pl-1', { DestinationPrefixListId: 'pl-1' }],
  ['::/0', { DestinationIpv6CidrBlock: '::/0' }],
  ['10.0.0.0/8', { DestinationCidrBlock: '10.0.0.0/8' }],
])('the destination %s goes in its own field', async (destination, input) => {
  const mapper = mapperOf('route')
  ec2.on(CreateRouteCommand).resolves({ Return: true })

  await mapper.create(routeRow({ destination, nat_gateway_id: 'nat-1' }), 'token', api(mapper))

  expect(ec2.commandCalls(CreateRouteCommand)[0]?.args[0].input).toMatchObject(input)
})

test('an association with a gateway is made, found by it, and told when it failed', async () => {
  const mapper = mapperOf('route_table_association')
  const want = {
    route_table_id: { route_table_id: 'rtb-1' },
    subnet_id: null,
    internet_gateway_id: { internet_gateway_id: 'igw-1' },
    gateway_id: null,
    vpc_id: null,
  }
  const ofGateway = { RouteTableAssociationId: 'rtbassoc-2', RouteTableId: 'rtb-1', GatewayId: 'igw-1' }
  const others = [{ RouteTableAssociationId: 'rtbassoc-1', RouteTableId: 'rtb-1', SubnetId: 'subnet-1' }]
  ec2.on(AssociateRouteTableCommand).resolves({ AssociationId: 'rtbassoc-2' })
  ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables: [{ Associations: [...others, ofGateway] }] })

  await mapper.create(want, 'token', api(mapper))
  const found = await mapper.findByName?.(want, api(mapper))

  expect(ec2.commandCalls(AssociateRouteTableCommand)[0]?.args[0].input).toMatchObject({ GatewayId: 'igw-1' })
  expect(found && mapper.idOf(found)).toEqual({ route_table_association_id: 'rtbassoc-2' })
  const failed = { association: { AssociationState: { State: 'failed', StatusMessage: 'no room' } } }
  expect(mapper.settled?.(failed)).toEqual({ failed: 'no room' })
})

test('a queue name that was deleted within a minute is tried again later', async () => {
  const mapper = mapperOf('queue')
  const refusal = {
    name: 'QueueDeletedRecently',
    message: 'wait 60 seconds',
    $metadata: { httpStatusCode: 400 },
  }
  sqs.on(CreateQueueCommand).rejects(Object.assign(new Error(refusal.message), refusal))

  const create = mapper.create({ name: 'jobs', redrive_target_id: null, tags: null }, 'token', api(mapper))

  await expect(create).rejects.toMatchObject({ code: 'cloud/conflict', retry: 'later' })
})

test('a dead-letter queue is named by an ARN of its partition', async () => {
  const mapper = mapperOf('queue')
  const url = 'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/failed'
  sqs
    .on(CreateQueueCommand)
    .resolves({ QueueUrl: 'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/jobs' })

  await mapper.create(
    { name: 'jobs', redrive_target_id: { url }, redrive_max_receive_count: null, tags: null },
    'token',
    api(mapper),
  )

  const attributes = sqs.commandCalls(CreateQueueCommand)[0]?.args[0].input.Attributes
  expect(JSON.parse(attributes?.RedrivePolicy ?? '')).toEqual({
    deadLetterTargetArn: 'arn:aws-cn:sqs:cn-north-1:123456789012:failed',
    maxReceiveCount: 10,
  })
})
