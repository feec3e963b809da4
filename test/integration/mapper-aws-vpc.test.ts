/** The mappers of aws_vpc against the emulator: companions, moves, and exactly the calls that are declared. */
import { DescribeIpamsCommand, DescribeTagsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CloudId, ref } from '#engine/model/cloud.ts'
import { type MapperLab, mapperOf, startMapperLab, tableOf } from '#test/support/mapper-lab.ts'

let lab: MapperLab

beforeAll(async () => {
  lab = await startMapperLab()
})
afterAll(() => lab.stop())
beforeEach(() => void lab.takeCalls())

const vpc = tableOf('vpc')
const subnet = tableOf('subnet')
const gateway = tableOf('internet_gateway')
const routeTable = tableOf('route_table')
const route = tableOf('route')
const association = tableOf('route_table_association')

const collect = async <Item>(items: AsyncIterable<Item> | undefined): Promise<Item[]> => {
  const all: Item[] = []
  for await (const item of items ?? []) all.push(item)
  return all
}

const companionsOf = async (table: typeof vpc, parent: string, id: CloudId) => {
  const mapper = mapperOf(table)
  const seen = await collect(mapper.companions?.(ref(parent, id), lab.api(table)))
  return seen.map((item) => ({ row: mapper.toRow(item), companionOf: mapper.companionOf?.(item) }))
}

test('a VPC comes with a main route table, its association and its local route', async () => {
  const id = await lab.create(vpc, { cidr_block: '10.1.0.0/16' })

  const [table] = await companionsOf(routeTable, 'aws_vpc.vpc', id)
  const [main] = await companionsOf(association, 'aws_vpc.vpc', id)
  const tableId = { route_table_id: table?.row.route_table_id as string }
  const routes = await companionsOf(route, 'aws_vpc.route_table', tableId)

  expect(table).toMatchObject({ companionOf: ref('aws_vpc.vpc', id), row: { is_main: true } })
  expect(main).toMatchObject({ companionOf: ref('aws_vpc.vpc', id), row: { is_main: true, subnet_id: null } })
  expect(routes).toMatchObject([
    {
      companionOf: ref('aws_vpc.route_table', tableId),
      row: { destination: '10.1.0.0/16', gateway_id: 'local', internet_gateway_id: null },
    },
  ])
})

test('moving the main association gives it a new id and the VPC another main table', async () => {
  const vpcId = await lab.create(vpc, { cidr_block: '10.2.0.0/16' })
  const own = await lab.create(routeTable, { vpc_id: vpcId })
  const [main] = await companionsOf(association, 'aws_vpc.vpc', vpcId)
  const before = { route_table_association_id: main?.row.route_table_association_id as string }

  const after = await lab.update(association, before, { route_table_id: own })

  expect(after).not.toEqual(before)
  expect(await lab.row(association, after)).toMatchObject({
    is_main: true,
    route_table_id: ref('aws_vpc.route_table', own),
  })
  const tables = await companionsOf(routeTable, 'aws_vpc.vpc', vpcId)
  expect(tables.map(({ row }) => row.route_table_id)).toEqual([own.route_table_id])
})

test('the token rides on the create call, is not shown, and survives an edit of the tags', async () => {
  const id = await lab.create(vpc, { cidr_block: '10.3.0.0/16', tags: { Name: 'a' } }, 'the-token')

  await lab.update(vpc, id, { tags: { team: 'b' } })

  expect(await lab.row(vpc, id)).toMatchObject({ tags: { team: 'b' } })
  expect(await tagsOf(String(id.vpc_id))).toEqual({ team: 'b', 'iasql:token': 'the-token' })
})

test('a VPC that is gone is absent among those that are there', async () => {
  const id = await lab.create(vpc, { cidr_block: '10.4.0.0/16' })

  const seen = await mapperOf(vpc).get([{ vpc_id: 'vpc-0123456789abcdef0' }, id], lab.api(vpc))

  expect(seen.map((item) => mapperOf(vpc).idOf(item))).toEqual([id])
})

test('the default VPC and its subnets say so', async () => {
  const ids = await lab.list(vpc)
  const rows = await Promise.all(ids.map((id) => lab.row(vpc, id)))
  const subnets = await Promise.all((await lab.list(subnet)).map((id) => lab.row(subnet, id)))

  const theDefault = rows.filter((row) => row.is_default)
  expect(theDefault).toMatchObject([{ enable_dns_support: true, enable_dns_hostnames: true }])
  expect(subnets.some((row) => row.default_for_az)).toBe(true)
})

test('a VPC calls what it declares', async () => {
  const id = await lab.create(vpc, { cidr_block: '10.5.0.0/16', enable_dns_hostnames: true }, 'tour-vpc')
  await lab.list(vpc)
  await mapperOf(vpc).findByToken?.('tour-vpc', lab.api(vpc), {})
  await lab.update(vpc, id, { tags: { a: '1' }, amazon_provided_ipv6_cidr_block: true })
  const withIpv6 = await lab.row(vpc, id)
  await lab.update(vpc, id, { tags: {}, amazon_provided_ipv6_cidr_block: false })
  const without = await lab.row(vpc, id)
  await lab.remove(vpc, id)

  expect(lab.takeCalls()).toEqual([...mapperOf(vpc).operations].sort())
  expect(withIpv6).toMatchObject({
    amazon_provided_ipv6_cidr_block: true,
    ipv6_cidr_block: expect.any(String),
  })
  expect(without).toMatchObject({ amazon_provided_ipv6_cidr_block: false, ipv6_cidr_block: null })
})

test('a subnet calls what it declares', async () => {
  const vpcId = await lab.create(vpc, { cidr_block: '10.6.0.0/16', amazon_provided_ipv6_cidr_block: true })
  const { ipv6_cidr_block } = await lab.row(vpc, vpcId)
  const network = (ipv6_cidr_block as string).replace(/::\/56$/, '::/64')
  lab.takeCalls()

  const id = await lab.create(subnet, {
    vpc_id: vpcId,
    cidr_block: '10.6.1.0/24',
    map_public_ip_on_launch: true,
  })
  await lab.list(subnet)
  await lab.update(subnet, id, { ipv6_cidr_block: network, tags: { a: '1' } })
  const withIpv6 = await lab.row(subnet, id)
  await lab.update(subnet, id, { ipv6_cidr_block: null, tags: null })
  const without = await lab.row(subnet, id)
  await lab.remove(subnet, id)

  expect(lab.takeCalls()).toEqual([...mapperOf(subnet).operations].sort())
  expect(withIpv6).toMatchObject({
    ipv6_cidr_block: network,
    map_public_ip_on_launch: true,
    tags: { a: '1' },
  })
  expect(without).toMatchObject({ ipv6_cidr_block: null, tags: {} })
})

test('an internet gateway calls what it declares', async () => {
  const vpcId = await lab.create(vpc, { cidr_block: '10.7.0.0/16' })
  lab.takeCalls()

  const id = await lab.create(gateway, { vpc_id: vpcId, tags: { a: '1' } })
  await lab.list(gateway)
  await lab.update(gateway, id, { vpc_id: null, tags: { b: '2' } })
  const detached = await lab.row(gateway, id)
  await lab.remove(gateway, id)

  expect(lab.takeCalls()).toEqual([...mapperOf(gateway).operations].sort())
  expect(detached).toMatchObject({ vpc_id: null, tags: { b: '2' } })
})

test('a route table calls what it declares', async () => {
  const vpcId = await lab.create(vpc, { cidr_block: '10.8.0.0/16' })
  lab.takeCalls()

  const id = await lab.create(routeTable, { vpc_id: vpcId, tags: { a: '1' } })
  await lab.list(routeTable)
  await lab.update(routeTable, id, { tags: { b: '2' } })
  const changed = await lab.row(routeTable, id)
  await lab.remove(routeTable, id)

  expect(lab.takeCalls()).toEqual([...mapperOf(routeTable).operations].sort())
  expect(changed).toMatchObject({ tags: { b: '2' }, is_main: false })
})

test('a route calls what it declares', async () => {
  const vpcId = await lab.create(vpc, { cidr_block: '10.9.0.0/16' })
  const table = await lab.create(routeTable, { vpc_id: vpcId })
  const door = await lab.create(gateway, { vpc_id: vpcId })
  const other = await lab.create(gateway, {})
  lab.takeCalls()

  const id = await lab.create(route, {
    route_table_id: table,
    destination: '0.0.0.0/0',
    internet_gateway_id: door,
  })
  const listed = await lab.list(route)
  await lab.update(route, id, { internet_gateway_id: other })
  const changed = await lab.row(route, id)
  await lab.remove(route, id)

  expect(lab.takeCalls()).toEqual([...mapperOf(route).operations].sort())
  expect(listed).toContainEqual(id)
  expect(changed).toMatchObject({
    internet_gateway_id: ref('aws_vpc.internet_gateway', other),
    is_default: false,
  })
})

test('an association calls what it declares', async () => {
  const vpcId = await lab.create(vpc, { cidr_block: '10.10.0.0/16' })
  const served = await lab.create(subnet, { vpc_id: vpcId, cidr_block: '10.10.1.0/24' })
  const first = await lab.create(routeTable, { vpc_id: vpcId })
  const second = await lab.create(routeTable, { vpc_id: vpcId })
  lab.takeCalls()

  const made = await lab.create(association, { route_table_id: first, subnet_id: served })
  await lab.list(association)
  const moved = await lab.update(association, made, { route_table_id: second })
  const row = await lab.row(association, moved)
  await lab.remove(association, moved)

  expect(lab.takeCalls()).toEqual([...mapperOf(association).operations].sort())
  expect(row).toMatchObject({
    route_table_id: ref('aws_vpc.route_table', second),
    subnet_id: ref('aws_vpc.subnet', served),
    vpc_id: ref('aws_vpc.vpc', vpcId),
  })
})

test('availability zones and regions are read by the names that rows use', async () => {
  const zone = tableOf('availability_zone')
  const regions = tableOf('aws_regions')

  const zones = await lab.list(zone)
  const found = await lab.list(regions)

  expect(zones).toContainEqual({ name: 'us-east-1a' })
  expect(await lab.row(zone, { name: 'us-east-1a' })).toMatchObject({
    name: 'us-east-1a',
    state: 'available',
  })
  expect(found).toContainEqual({ region: 'eu-west-1' })
  expect(await lab.row(regions, { region: 'eu-west-1' })).toEqual({ region: 'eu-west-1' })
  expect(lab.takeCalls()).toEqual(['DescribeAvailabilityZones', 'DescribeRegions'])
})

test('a call that the emulator lacks says so', async () => {
  const call = lab.api(vpc).send(DescribeIpamsCommand, {})

  await expect(call).rejects.toMatchObject({ code: 'cloud/not-emulated' })
})

async function tagsOf(id: string): Promise<Record<string, string>> {
  const ec2 = new EC2Client({
    endpoint: lab.endpoint,
    region: lab.place.region,
    credentials: { accessKeyId: lab.place.accountId, secretAccessKey: 'test' },
  })
  const { Tags = [] } = await ec2.send(
    new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [id] }] }),
  )
  return Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]))
}
