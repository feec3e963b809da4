/** What the cloud had and has lost, without anybody having asked for either, is told on neither side. */
import {
  DeleteInternetGatewayCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeInternetGatewaysCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let other: TenantLab
let sqs: SQSClient
let ec2: EC2Client

const configurationOf = ({ endpoint }: TenantLab) => ({
  region: 'us-east-1',
  endpoint,
  credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
})

beforeAll(async () => {
  ;[lab, other] = await Promise.all([openTenantLab(), openTenantLab()])
  sqs = new SQSClient(configurationOf(lab))
  ec2 = new EC2Client(configurationOf(lab))
  for (const name of ['lost', 'edited', 'deleted', 'renewed'])
    await sqs.send(new CreateQueueCommand({ QueueName: name }))
  for (const each of [lab, other])
    await each.call('iasql_install', [['aws_vpc', 'aws_security_group', 'aws_sqs']])
})
afterAll(async () => {
  await Promise.all([lab.close(), other.close()])
})

const now = async (): Promise<string> => {
  const [row] = await lab.user.query<{ now: string }>('SELECT clock_timestamp()::text AS now')
  return row?.now ?? ''
}
const toldSince = async (since: string | null): Promise<readonly string[]> =>
  (await lab.call('iasql_get_sql_since', [since])).map(({ sql }) => String(sql))
const lose = async (...names: readonly string[]): Promise<void> => {
  for (const name of names) {
    const [queue] = await lab.user.query<{ url: string }>(`SELECT url FROM queue WHERE name = '${name}'`)
    await sqs.send(new DeleteQueueCommand({ QueueUrl: queue?.url ?? '' }))
  }
  await lab.call('iasql_sync', [true])
}
const at = (name: string): string => `name = '${name}' AND region = 'us-east-1'`

async function loseDefaultVpc(): Promise<void> {
  const { Vpcs: [vpc] = [] } = await ec2.send(new DescribeVpcsCommand({}))
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
  for (const { SubnetId } of Subnets) await ec2.send(new DeleteSubnetCommand({ SubnetId }))
  const { InternetGateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({}))
  for (const { InternetGatewayId } of InternetGateways) {
    await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId: vpc?.VpcId }))
    await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }))
  }
  await ec2.send(new DeleteVpcCommand({ VpcId: vpc?.VpcId }))
  await lab.call('iasql_sync', [true])
}
const countsOf = (each: TenantLab) =>
  each.user.query(`SELECT (SELECT count(*) FROM vpc) AS networks, (SELECT count(*) FROM subnet) AS subnets,
    (SELECT count(*) FROM security_group_rule WHERE is_egress) AS ways_out`)

test('what a sync imported and took away again is not told', async () => {
  const since = await now()

  await lose('lost')

  expect(await lab.user.query("SELECT name FROM queue WHERE name = 'lost'")).toEqual([])
  expect(await toldSince(null)).toEqual([])
  expect(await toldSince(since)).toEqual([])
})

test('what a user has edited is told as gone, also where the edit was long ago', async () => {
  await lab.user.run("UPDATE queue SET delay_seconds = 3 WHERE name = 'edited'")
  await lab.user.run("INSERT INTO queue (name) VALUES ('own')")
  await lab.call('iasql_apply')
  const since = await now()

  await lose('edited', 'own')

  const gone = [`DELETE FROM queue WHERE ${at('edited')};`, `DELETE FROM queue WHERE ${at('own')};`]
  expect([...(await toldSince(since))].sort()).toEqual(gone)
  expect((await toldSince(null)).filter((sql) => sql.startsWith('DELETE')).sort()).toEqual(gone)
})

test('what a user deletes is told, though it was imported', async () => {
  const since = await now()

  await lab.user.run("DELETE FROM queue WHERE name = 'deleted'")
  await lab.call('iasql_apply')

  expect(await toldSince(since)).toEqual([`DELETE FROM queue WHERE ${at('deleted')};`])
})

test('what is in the way of a row of the same name is told as gone before that', async () => {
  const since = await now()

  await lose('renewed')
  await lab.user.run("INSERT INTO queue (name) VALUES ('renewed')")

  expect(await toldSince(since)).toEqual([
    `DELETE FROM queue WHERE ${at('renewed')};`,
    "INSERT INTO queue (name, region) VALUES ('renewed', 'us-east-1');",
  ])
})

test('a default VPC that the cloud has lost takes nothing away where the statements are run', async () => {
  for (const each of [lab, other]) await each.user.run(`UPDATE vpc SET tags = '{"Name": "ours"}'`)
  await lab.call('iasql_apply')
  const since = await now()
  const before = await countsOf(other)

  await loseDefaultVpc()

  expect(await countsOf(lab)).toEqual([{ networks: 0, subnets: 0, ways_out: 0 }])
  for (const sql of await toldSince(since)) await other.user.run(sql)
  expect(await countsOf(other)).toEqual(before)
  expect(await toldSince(since)).toEqual([])
})
