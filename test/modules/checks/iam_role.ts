/** Whether the role of a row exists, asked by its name. */
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(client(IAMClient).send(new GetRoleCommand({ RoleName: String(row.role_name) })))
