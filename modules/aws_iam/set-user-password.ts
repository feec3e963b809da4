/** `set_user_password(user_name, password, reset_required)`: the password by which a user signs in to the console. */
import {
  CreateLoginProfileCommand,
  DeleteLoginProfileCommand,
  IAMClient,
  UpdateLoginProfileCommand,
} from '@aws-sdk/client-iam'
import { defineRpc, unlessAbsent } from '../kit/index.ts'

export const setUserPassword = defineRpc({
  name: 'set_user_password',
  kind: 'action',
  role: 'operator',
  arguments: [
    { name: 'user_name', type: 'text' },
    { name: 'password', type: 'text', secret: true },
    { name: 'reset_required', type: 'boolean', default: 'false' },
  ],
  columns: [{ name: 'outcome', type: 'text' }],
  description:
    'Sets the password by which an IAM user signs in to the console; an empty one takes it away. It is kept nowhere here.',
  sampleUsage: "SELECT * FROM set_user_password('guest', 'Change-me-9-times', true)",
  client: IAMClient,
  operations: ['UpdateLoginProfile', 'CreateLoginProfile', 'DeleteLoginProfile'],
  syncs: [],
  needs: { holder: { table: 'iam_user', row: { user_name: 'guest' } } },
  async handler({ user_name, password, reset_required: PasswordResetRequired }, { cloud }) {
    const UserName = String(user_name)
    if (password === '') {
      await cloud.send(DeleteLoginProfileCommand, { UserName })
      return [{ outcome: 'removed' }]
    }
    const profile = {
      UserName,
      Password: String(password),
      PasswordResetRequired: PasswordResetRequired === true,
    }
    const changed = await unlessAbsent(cloud.send(UpdateLoginProfileCommand, profile).then(() => true))
    if (changed) return [{ outcome: 'changed' }]
    await cloud.send(CreateLoginProfileCommand, profile)
    return [{ outcome: 'created' }]
  },
})
