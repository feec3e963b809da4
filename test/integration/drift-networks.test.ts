/** Networks that are gone in the cloud: what the policy enforces comes back with what it needs, in order. */
import { DeleteSubnetCommand, DeleteVpcCommand, DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ec2: EC2Client

beforeAll(async () => {
  lab = await openTenantLab()
  ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_vpc']])
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.60.0.0/16', '{"Name":"net"}')`)
  await lab.user.run(`INSERT INTO subnet (vpc_id, cidr_block, tags)
    SELECT id, '10.60.1.0/24', '{"Name":"inner"}' FROM vpc WHERE tags->>'Name' = 'net'`)
  await lab.call('iasql_apply')
})
beforeEach(async () => {
  await lab.user.run('DELETE FROM iasql_drift_policy')
})
afterAll(async () => {
  await lab.close()
})

interface Network {
  readonly id: number
  readonly vpc_id: string
  readonly subnet_id: string
}

const network = async (): Promise<Network> => {
  const [found] = await lab.user.query<Network>(
    `SELECT v.id, v.vpc_id, s.subnet_id FROM vpc v JOIN subnet s ON s.vpc_id = v.id WHERE v.tags->>'Name' = 'net'`,
  )
  if (!found) throw new Error('the network has no row')
  return found
}
const destroy = async (): Promise<void> => {
  const { vpc_id: VpcId, subnet_id: SubnetId } = await network()
  await ec2.send(new DeleteSubnetCommand({ SubnetId }))
  await ec2.send(new DeleteVpcCommand({ VpcId }))
}
const drift = (): Promise<readonly object[]> =>
  lab.user.query('SELECT table_name, column_name, policy FROM iasql_drift ORDER BY table_name')

test.each([
  ['both are enforced', ['vpc', 'subnet'], 'gone in the cloud; the policy enforces the table'],
  ['only what needs the network is enforced', ['subnet'], 'gone in the cloud; subnet inner needs it'],
] as const)('%s: network and subnet are made again', async (_, enforced, reason) => {
  const before = await network()
  for (const table of enforced) {
    await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('${table}', 'enforce')`)
  }
  await destroy()

  await lab.call('iasql_sync')
  expect(await drift()).toMatchObject([{ table_name: 'subnet' }, { table_name: 'vpc' }])
  const plan = await lab.call('iasql_preview')
  expect(plan.map(lineOf).sort()).toEqual(['create subnet', 'create vpc'])
  expect(plan.find(({ table_name }) => table_name === 'vpc')).toMatchObject({ reason })
  expect((await lab.call('iasql_apply')).map(lineOf).sort()).toEqual(['create subnet', 'create vpc'])

  const after = await network()
  expect(after.id).toBe(before.id)
  expect(after.vpc_id).not.toBe(before.vpc_id)
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [after.subnet_id] }))
  expect(Subnets).toMatchObject([{ VpcId: after.vpc_id, CidrBlock: '10.60.1.0/24' }])
  expect(await drift()).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('tracked, the rows go, children with their parents', async () => {
  await destroy()

  const rows = await lab.call('iasql_sync')

  expect(rows.map(lineOf)).toEqual(expect.arrayContaining(['delete subnet', 'delete vpc']))
  expect(await drift()).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})
