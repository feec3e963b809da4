/** What our resources refer to and somebody else owns is a row that is only read, and goes with the last reference. */
import {
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSubnetCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  ModifyVpcAttributeCommand,
  type RouteTable,
  type Subnet,
  type Vpc,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

/** Owns the VPCs of 10.9x.0.0/16, and shares subnets of 10.91.0.0/16. */
const neighbour = '999999999999'

let lab: TenantLab
let ec2: EC2Client
/** What nobody may ask of in a filter. */
let denied: string | undefined

interface Described {
  readonly Vpcs?: readonly Vpc[]
  readonly Subnets?: readonly Subnet[]
  readonly RouteTables?: readonly RouteTable[]
}

const isTheirs = (cidr: string | undefined): boolean => cidr?.startsWith('10.9') ?? false
const isShared = ({ CidrBlock }: Subnet): boolean => CidrBlock?.startsWith('10.91') ?? false
const owned = <Item extends object>(item: Item): Item => ({ ...item, OwnerId: neighbour })

/** As EC2 shows a shared subnet: under its owner, while its VPC is not listed but found by its id. */
const asShown = ({ Vpcs, Subnets, RouteTables }: Described, isById: boolean): Described => ({
  ...(Vpcs && {
    Vpcs: Vpcs.filter(({ CidrBlock }) => isById || !isTheirs(CidrBlock)).map((vpc) =>
      isTheirs(vpc.CidrBlock) ? owned(vpc) : vpc,
    ),
  }),
  ...(Subnets && { Subnets: Subnets.map((subnet) => (isShared(subnet) ? owned(subnet) : subnet)) }),
  ...(RouteTables && {
    RouteTables: RouteTables.filter(
      ({ Routes = [] }) => !Routes.some((route) => isTheirs(route.DestinationCidrBlock)),
    ),
  }),
})

function shared(api: CloudApi): CloudApi {
  const send: CloudApi['send'] = async (command, input) => {
    const asked = 'Filters' in input ? JSON.stringify(input.Filters) : ''
    const isById = asked.includes('vpc-id')
    if (command.name === 'DescribeVpcsCommand' && isById && denied && asked.includes(denied)) {
      throw new IasqlError('cloud/denied', 'DescribeVpcs: not allowed')
    }
    const output = await api.send(command, input)
    return { ...output, ...asShown(output as Described, isById) }
  }
  return {
    ...api,
    send,
    async *pages(command, input, items) {
      yield* items(await send(command, input)) ?? []
    },
  }
}

beforeAll(async () => {
  lab = await openTenantLab({
    log: () => undefined,
    wrapCloud: (cloud) => ({ ...cloud, api: (...given) => shared(cloud.api(...given)) }),
  })
  ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
})
beforeEach(() => {
  denied = undefined
})
afterAll(async () => {
  await lab.close()
})

const makeVpc = async (CidrBlock: string): Promise<string> => {
  const { Vpc: made } = await ec2.send(new CreateVpcCommand({ CidrBlock }))
  return made?.VpcId ?? ''
}
const makeSubnet = async (VpcId: string, CidrBlock: string): Promise<string> => {
  const { Subnet: made } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock }))
  return made?.SubnetId ?? ''
}
const external = () =>
  lab.user.query<{ id: string }>(
    `SELECT table_name, owner_id, coalesce(cloud_id->>'vpc_id', cloud_id->>'subnet_id') AS id FROM iasql_external ORDER BY 1`,
  )

test('a shared subnet and its network are there to be referred to, and are only read', async () => {
  const vpc = await makeVpc('10.91.0.0/16')
  const subnet = await makeSubnet(vpc, '10.91.1.0/24')

  await lab.call('iasql_install', [['aws_vpc']])

  expect(await external()).toEqual([
    { table_name: 'subnet', owner_id: neighbour, id: subnet },
    { table_name: 'vpc', owner_id: neighbour, id: vpc },
  ])
  const rows = await lab.user.query(
    `SELECT v.vpc_id FROM subnet s JOIN vpc v ON v.id = s.vpc_id WHERE s.subnet_id = '${subnet}'`,
  )
  expect(rows).toEqual([{ vpc_id: vpc }])
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('cannot be changed, and a DELETE of all rows leaves it', async () => {
  await expect(
    lab.user.run(`UPDATE subnet SET map_public_ip_on_launch = true WHERE cidr_block = '10.91.1.0/24'`),
  ).rejects.toThrow(/only read here and cannot be changed.*iasql_external.*IQ005/s)
  await lab.user.run(`DELETE FROM subnet WHERE NOT default_for_az`)

  expect(await lab.user.query(`SELECT cidr_block FROM subnet WHERE NOT default_for_az`)).toEqual([
    { cidr_block: '10.91.1.0/24' },
  ])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('follows its owner’s changes', async () => {
  const before = await lab.user.query(
    `SELECT enable_dns_hostnames FROM vpc WHERE cidr_block = '10.91.0.0/16'`,
  )
  expect(before).toEqual([{ enable_dns_hostnames: false }])
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}))
  const VpcId = Vpcs.find(({ CidrBlock }) => CidrBlock === '10.91.0.0/16')?.VpcId
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }))

  expect(await lab.call('iasql_sync')).toMatchObject([{ action: 'update', table_name: 'vpc' }])

  expect(
    await lab.user.query(`SELECT enable_dns_hostnames FROM vpc WHERE cidr_block = '10.91.0.0/16'`),
  ).toEqual([{ enable_dns_hostnames: true }])
})

test('cannot be adopted while another account owns it', async () => {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
  const subnet = Subnets.find(({ CidrBlock }) => CidrBlock === '10.91.1.0/24')?.SubnetId ?? ''

  await expect(lab.call('iasql_adopt', ['subnet', subnet, null, null])).rejects.toMatchObject({
    sqlstate: 'IQ005',
  })
})

test('goes with the last row that refers to it', async () => {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
  const SubnetId = Subnets.find(({ CidrBlock }) => CidrBlock === '10.91.1.0/24')?.SubnetId
  await ec2.send(new DeleteSubnetCommand({ SubnetId }))

  const rows = await lab.call('iasql_sync')

  expect(rows.map(({ action, table_name }) => `${action} ${table_name}`)).toEqual([
    'delete subnet',
    'delete vpc',
  ])
  expect(await external()).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('is found by an adoption too', async () => {
  const vpc = await makeVpc('10.92.0.0/16')
  const subnet = await makeSubnet(vpc, '10.92.1.0/24')

  await lab.call('iasql_adopt', ['subnet', subnet, null, null])

  expect(await external()).toEqual([{ table_name: 'vpc', owner_id: neighbour, id: vpc }])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('what cannot be read leaves out what needs it, and only that', async () => {
  const vpc = await makeVpc('10.93.0.0/16')
  await makeSubnet(vpc, '10.93.1.0/24')
  denied = 'vpc-id'

  expect(await lab.call('iasql_sync', [['subnet']])).toEqual([])
  denied = undefined
  const rows = await lab.call('iasql_sync', [['subnet']])

  expect(rows.map(({ action, table_name }) => `${action} ${table_name}`)).toEqual(['create subnet'])
  expect(await external()).toHaveLength(2)
})

test('our own may stand in what is only read', async () => {
  const [net] = await lab.user.query<{ id: number }>(`SELECT id FROM vpc WHERE cidr_block = '10.93.0.0/16'`)
  await lab.user.run(`INSERT INTO subnet (vpc_id, cidr_block) VALUES (${net?.id}, '10.93.8.0/24')`)

  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'create', table_name: 'subnet' }])

  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
  await lab.user.run(`DELETE FROM subnet WHERE vpc_id = ${net?.id}`)
  await lab.call('iasql_apply')
  const gone = await lab.call('iasql_sync')
  expect(gone.map(({ action, table_name }) => `${action} ${table_name}`)).toEqual(['delete vpc'])
})

test('what a list shows after all, and nobody else owns, is a row like any other', async () => {
  const vpc = await makeVpc('10.60.0.0/16')
  await makeSubnet(vpc, '10.60.1.0/24')

  const alone = await lab.call('iasql_sync', [['subnet']])
  const all = await lab.call('iasql_sync')

  expect(alone).toEqual([])
  expect(all.map(({ table_name }) => table_name)).toContain('vpc')
  expect((await external()).map(({ id }) => id)).not.toContain(vpc)
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('one that may not be read leaves the others of its kind readable', async () => {
  const [secret, open] = [await makeVpc('10.94.0.0/16'), await makeVpc('10.95.0.0/16')]
  await makeSubnet(secret, '10.94.1.0/24')
  await makeSubnet(open, '10.95.1.0/24')
  denied = secret

  await lab.call('iasql_sync', [['subnet']])

  const networks = (await external()).map(({ id }) => id)
  expect(networks).toContain(open)
  expect(networks).not.toContain(secret)
})
