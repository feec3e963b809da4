/** Calls and time of a sync of 1,000 resources in three regions over the least that list-first reading needs. */
import { CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { BareClient } from '../test/support/bare-client.ts'
import { startTestServer, type TestServer } from '../test/support/server.ts'
import { type Figure, timed } from './figure.ts'
import { ran } from './served-database.ts'

const regions = ['us-east-1', 'us-west-2', 'eu-west-1']
/** In each region; every VPC brings its main route table and that one's local route along. */
const queues = 214
const vpcs = 40
/** The emulator has one of its own in each region. */
const allVpcs = vpcs + 1

/**
 * Of each region one list of queues, availability zones, VPCs, subnets and internet gateways, and three of route tables:
 * one for each table that is made of it. Lists lack three attributes of each VPC, and attributes and tags of each queue;
 * no API tells which of them have changed since, so that an unchanged sync needs the same.
 */
const leastCalls = 1 + regions.length * (5 + 3 + 3 * allVpcs + 2 * queues)

const fill = async (server: TestServer, region: string): Promise<void> => {
  const sqs = new SQSClient({ ...server.awsConfiguration, region })
  const ec2 = new EC2Client({ ...server.awsConfiguration, region })
  for (let index = 0; index < queues; index++) {
    await sqs.send(new CreateQueueCommand({ QueueName: `queue-${index}` }))
  }
  for (let index = 0; index < vpcs; index++) {
    await ec2.send(new CreateVpcCommand({ CidrBlock: `10.${index}.0.0/16` }))
  }
}

export const syncResources = async (): Promise<readonly Figure[]> => {
  const server = await startTestServer()
  const client = await BareClient.open(server.url, server.token)
  const sync = async () => {
    const before = await server.moto.calls()
    let rows = 0
    const ms = await timed(async () => {
      rows = (await ran(client, 'SELECT * FROM iasql_sync(true)')).length
    })
    return { ms, rows, calls: (await server.moto.calls()) - before }
  }
  try {
    await ran(client, "SELECT * FROM iasql_install('aws_sqs', 'aws_vpc')")
    await ran(client, `UPDATE aws_regions SET is_enabled = true WHERE region IN ('${regions.join("', '")}')`)
    for (const region of regions) await fill(server, region)
    const first = await sync()
    const second = await sync()
    if (second.rows > 0) throw new Error(`nothing has changed, and ${second.rows} rows did`)
    const name = `sync of ${first.rows.toLocaleString('en')} resources in ${regions.length} regions`
    const calls = {
      unit: 'calls',
      floor: leastCalls,
      floorOf: 'lists, and what lists lack',
      target: '≤ 1.1×',
    } as const
    return [
      { name: `${name}, calls`, value: first.calls, ...calls },
      { name: `${name}, calls when nothing has changed`, value: second.calls, ...calls },
      { name: `${name}, time`, value: first.ms, unit: 'ms' },
      { name: `${name}, time when nothing has changed`, value: second.ms, unit: 'ms' },
    ]
  } finally {
    client.close()
    await server.stop()
  }
}
