/** Whether the inline policy of a row exists, asked by its role and name. */
import { GetRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(
    client(IAMClient).send(
      new GetRolePolicyCommand({ RoleName: String(row.role_name), PolicyName: String(row.policy_name) }),
    ),
  )
