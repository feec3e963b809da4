/** Whether the policy of a row exists, asked by its ARN. */
import { GetPolicyCommand, IAMClient } from '@aws-sdk/client-iam'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(client(IAMClient).send(new GetPolicyCommand({ PolicyArn: String(row.arn) })))
