/** Networks that a cloud spells in its own way: what is read has one spelling, whichever column holds it. */
import {
  DescribeRouteTablesCommand,
  DescribeVpcsCommand,
  DisassociateSubnetCidrBlockCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { canonicalCidr, cidr, defineReader, defineTable, type RowOf, text } from '#modules/kit/index.ts'
import { mapperOf, rowOf } from '#test/support/recorded-mapper.ts'

const ec2 = mockClient(EC2Client)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'eu-west-1' }
const api = cloud.api(EC2Client, place, AbortSignal.timeout(5_000))

test.each([
  ['2400:6500:0c22:0100::/56', '2400:6500:c22:100::/56'],
  ['2001:DB8:0:0:1:0:0:0/80', '2001:db8:0:0:1::/80'],
  ['1:0:0:2:0:0:0:3/128', '1:0:0:2::3/128'],
  ['2001:db8:0:1:1:1:1:1/128', '2001:db8:0:1:1:1:1:1/128'],
  ['0:0:0:0:0:0:0:0/0', '::/0'],
  ['::ffff:102:304/128', '::ffff:1.2.3.4/128'],
  ['::1.2.3.4/128', '::1.2.3.4/128'],
  ['10.0.1.7/24', '10.0.1.0/24'],
  ['pl-0c22', 'pl-0c22'],
  ['2001:db8::/129', '2001:db8::/129'],
  ['', ''],
])('%s is spelled %s', (told, spelled) => {
  expect(canonicalCidr(told)).toBe(spelled)
})

test('every column of a network is read in one spelling, whatever its mapper tells', () => {
  const columns = { network: cidr('Network.'), other: cidr('Another.'), name: text('Name.') }
  const toRow = (network: string): RowOf<typeof columns> => ({ network, other: null, name: network })
  const operations = { client: EC2Client, operations: [], idOf: () => ({}), get: async () => [] }
  const mapper = defineReader<RowOf<typeof columns>, string>()({ ...operations, list: none, toRow })
  const table = defineTable({
    ...{ name: 'net', description: 'A net.', naturalKey: ['name'], access: 'read' },
    ...{ columns, mapper },
  })

  expect(table.mapper?.toRow('2001:0DB8::/32')).toEqual({
    network: '2001:db8::/32',
    other: null,
    name: '2001:0DB8::/32',
  })
})

async function* none() {}

test('the blocks of a VPC and of a subnet have the spelling of the routes to them', () => {
  const held = { Ipv6CidrBlock: '2400:6500:0c22:0100::/56', Ipv6CidrBlockState: { State: 'associated' } }
  const spelled = { ipv6_cidr_block: '2400:6500:c22:100::/56' }
  const route = { DestinationIpv6CidrBlock: held.Ipv6CidrBlock }

  expect(mapperOf('vpc').toRow({ vpc: { Ipv6CidrBlockAssociationSet: [held] } })).toMatchObject(spelled)
  expect(mapperOf('subnet').toRow({ Ipv6CidrBlockAssociationSet: [held] })).toMatchObject(spelled)
  expect(mapperOf('route').toRow({ table: {}, route, isDefault: false })).toMatchObject({
    destination: spelled.ipv6_cidr_block,
  })
})

test('a route is looked up by the spelling that its row and its id have', async () => {
  const mapper = mapperOf('route')
  const Routes = [{ DestinationIpv6CidrBlock: '2400:6500:0c22:0100::/56', GatewayId: 'local' }]
  ec2.on(DescribeVpcsCommand).resolves({ Vpcs: [] })
  ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables: [{ RouteTableId: 'rtb-1', Routes }] })
  const id = { route_table_id: 'rtb-1', destination: '2400:6500:c22:100::/56' }

  const seen = await mapper.get([id], api)

  expect(seen.map((one) => mapper.idOf(one))).toEqual([id])
})

test('a subnet keeps its network where the row spells the same one otherwise', async () => {
  const held = { Ipv6CidrBlock: '2400:6500:0c22:0101::/64', AssociationId: 'subnet-cidr-assoc-1' }
  const seen = { SubnetId: 'subnet-1', Ipv6CidrBlockAssociationSet: [held] }
  const network = '2400:6500:c22:101::/64'
  const want = rowOf('subnet', { ipv6_cidr_block: network })
  const delta = { ipv6_cidr_block: { from: null, to: network } }

  await mapperOf('subnet').update(seen, want, delta, 'token', api)

  expect(ec2.commandCalls(DisassociateSubnetCidrBlockCommand)).toEqual([])
})
