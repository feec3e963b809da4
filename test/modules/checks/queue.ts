/** Whether the queue of a row exists, asked by its name. */
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import { type CheckClients, type CheckRow, isThere } from './clients.ts'

export const exists = (row: CheckRow, { sqs }: CheckClients): Promise<boolean> =>
  isThere(sqs.send(new GetQueueUrlCommand({ QueueName: String(row.name) })))
