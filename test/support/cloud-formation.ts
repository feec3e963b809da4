/** CloudFormation as functions meet it: what it asks of them, and the address at which it waits for the answer. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface CloudFormation {
  /** The event of an update. */
  asking(): object
  /** What came so far. */
  readonly answers: readonly { readonly Status: string; readonly Reason?: string }[]
  stop(): Promise<void>
}

export async function startCloudFormation(): Promise<CloudFormation> {
  const answers: CloudFormation['answers'][number][] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      answers.push(JSON.parse(body) as CloudFormation['answers'][number])
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`
  return {
    asking: () => ({
      RequestType: 'Update',
      ResponseURL: address,
      StackId: 'arn:stack',
      RequestId: 'one',
      LogicalResourceId: 'Migration',
      PhysicalResourceId: 'iasql-Migration',
      ResourceProperties: { ServiceToken: 'arn:function', version: '1' },
    }),
    answers,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
