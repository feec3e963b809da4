/** Calls and time of a sync of 500 resources over the least that list-first reading needs. */
import { CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { BareClient } from '../test/support/bare-client.ts'
import { startTestServer } from '../test/support/server.ts'
import { type Figure, timed } from './figure.ts'

const queues = 400
const vpcs = 100

export const syncResources = async (): Promise<readonly Figure[]> => {
  const server = await startTestServer()
  const client = await BareClient.open(server.url, server.token)
  const sqs = new SQSClient(server.awsConfiguration)
  const ec2 = new EC2Client(server.awsConfiguration)
  try {
    await client.run("SELECT * FROM iasql_install('aws_sqs', 'aws_vpc')")
    for (let index = 0; index < queues; index++) {
      await sqs.send(new CreateQueueCommand({ QueueName: `queue-${index}` }))
    }
    for (let index = 0; index < vpcs; index++) {
      await ec2.send(new CreateVpcCommand({ CidrBlock: `10.${index}.0.0/16` }))
    }
    const before = await server.moto.calls()
    const ms = await timed(() => client.run('SELECT * FROM iasql_sync(true)'))
    const calls = (await server.moto.calls()) - before
    return [
      { name: `sync of ${queues + vpcs} resources, time`, value: ms, unit: 'ms' },
      {
        name: `sync of ${queues + vpcs} resources, calls`,
        value: calls,
        unit: 'calls',
        // Lists of 1,000: one for queues and one for each EC2 table and the regions, each VPC's three attributes, each queue's attributes and tags.
        floor: 1 + 7 + 3 * (vpcs + 1) + 2 * queues,
        floorOf: 'a list for each table, and what lists lack',
        target: '≤ 1.2×',
      },
    ]
  } finally {
    client.close()
    await server.stop()
  }
}
