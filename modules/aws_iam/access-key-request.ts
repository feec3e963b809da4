/** `access_key_request(user_name)`: a new access key of an IAM user, whose secret is shown this one time. */
import { CreateAccessKeyCommand, IAMClient } from '@aws-sdk/client-iam'
import { defineRpc } from '../kit/index.ts'

export const accessKeyRequest = defineRpc({
  name: 'access_key_request',
  kind: 'action',
  role: 'operator',
  arguments: [{ name: 'user_name', type: 'text' }],
  columns: [
    { name: 'accesskeyid', type: 'text' },
    { name: 'secretaccesskey', type: 'text', secret: true },
  ],
  description: 'Makes an access key for an IAM user; its secret is shown once and kept nowhere.',
  sampleUsage: "SELECT * FROM access_key_request('deployer')",
  client: IAMClient,
  operations: ['CreateAccessKey'],
  syncs: ['iam_user', 'access_key'],
  needs: { holder: { table: 'iam_user', row: { user_name: 'deployer' } } },
  async handler({ user_name }, { cloud }) {
    const { AccessKey: key } = await cloud.send(CreateAccessKeyCommand, { UserName: String(user_name) })
    return [{ accesskeyid: key?.AccessKeyId ?? null, secretaccesskey: key?.SecretAccessKey ?? null }]
  },
})
