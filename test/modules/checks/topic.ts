/** Whether the topic of a row exists, asked by its ARN. */
import { GetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(client(SNSClient).send(new GetTopicAttributesCommand({ TopicArn: String(row.arn) })))
