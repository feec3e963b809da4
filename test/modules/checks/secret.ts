/** Whether the secret of a row exists, asked by its name; one that waits for its end does not. */
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(
    client(SecretsManagerClient)
      .send(new DescribeSecretCommand({ SecretId: String(row.name) }))
      .then(({ DeletedDate }) => {
        if (DeletedDate) throw Object.assign(new Error('it waits for its end'), { name: 'ResourceNotFound' })
      }),
  )
