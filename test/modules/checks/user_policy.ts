/** Whether the inline policy of a row exists, asked by its user and name. */
import { GetUserPolicyCommand, IAMClient } from '@aws-sdk/client-iam'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(
    client(IAMClient).send(
      new GetUserPolicyCommand({ UserName: String(row.user_name), PolicyName: String(row.policy_name) }),
    ),
  )
