/** Apply of 200 queues over the bare SDK calls that create and read them, at the same concurrency. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListQueueTagsCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { BareClient } from '../test/support/bare-client.ts'
import { startTestServer } from '../test/support/server.ts'
import { type Figure, timed } from './figure.ts'

const count = 200
const concurrency = 16

const bare = async (sqs: SQSClient): Promise<void> => {
  const names = Array.from({ length: count }, (_, index) => `bare-${index}`)
  const worker = async () => {
    for (let name = names.pop(); name; name = names.pop()) {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }))
      await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
      await sqs.send(new ListQueueTagsCommand({ QueueUrl }))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

export const applyQueues = async (): Promise<readonly Figure[]> => {
  const server = await startTestServer()
  const client = await BareClient.open(server.url, server.token)
  const sqs = new SQSClient(server.awsConfiguration)
  try {
    await client.run("SELECT * FROM iasql_install('aws_sqs')")
    const floor = await timed(() => bare(sqs))
    await server.moto.reset()
    await client.run('SELECT * FROM iasql_sync(true)')
    await client.run(`INSERT INTO queue (name) SELECT 'q-' || n FROM generate_series(1, ${count}) n`)
    const value = await timed(async () => {
      const result = await client.run('SELECT * FROM iasql_apply()')
      if (result.state !== 'succeeded') throw new Error(JSON.stringify(result.statements[0]?.error))
    })
    return [
      {
        name: `apply of ${count} queues`,
        value,
        unit: 'ms',
        floor,
        floorOf: `create, attributes, tags by the SDK, ${concurrency} at once`,
        target: '≤ 1.3×',
      },
    ]
  } finally {
    client.close()
    await server.stop()
  }
}
