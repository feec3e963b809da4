/** CloudFormation as functions meet it: what it asks of them, and the address at which it waits for the answer. */
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { listening } from './listening.ts'

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
  const { url, stop } = await listening(server)
  return {
    asking: () => ({
      RequestType: 'Update',
      ResponseURL: `${url}/answer`,
      StackId: 'arn:stack',
      RequestId: 'one',
      LogicalResourceId: 'Migration',
      PhysicalResourceId: 'iasql-Migration',
      ResourceProperties: { ServiceToken: 'arn:function', version: '1' },
    }),
    answers,
    stop,
  }
}
