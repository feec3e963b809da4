/** Whether the user of a row exists, asked by its name. */
import { GetUserCommand, IAMClient } from '@aws-sdk/client-iam'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(client(IAMClient).send(new GetUserCommand({ UserName: String(row.user_name) })))
