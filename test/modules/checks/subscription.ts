/** Whether the subscription of a row exists, asked by its ARN. */
import { GetSubscriptionAttributesCommand, SNSClient } from '@aws-sdk/client-sns'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(client(SNSClient).send(new GetSubscriptionAttributesCommand({ SubscriptionArn: String(row.arn) })))
