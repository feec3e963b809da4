/** Whether the queue of a row exists, asked by its name. */
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(client(SQSClient).send(new GetQueueUrlCommand({ QueueName: String(row.name) })))
