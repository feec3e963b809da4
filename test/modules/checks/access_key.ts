/** Whether the access key of a row exists, found among those of its user. */
import { IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam'
import type { CheckRow, ClientOf } from '../check.ts'

export async function exists(row: CheckRow, client: ClientOf): Promise<boolean> {
  const command = new ListAccessKeysCommand({ UserName: String(row.user_name) })
  const { AccessKeyMetadata = [] } = await client(IAMClient).send(command)
  return AccessKeyMetadata.some(({ AccessKeyId }) => AccessKeyId === row.access_key_id)
}
