/** Whether the instance profile of a row exists, asked by its name. */
import { GetInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(
    client(IAMClient).send(
      new GetInstanceProfileCommand({ InstanceProfileName: String(row.instance_profile_name) }),
    ),
  )
