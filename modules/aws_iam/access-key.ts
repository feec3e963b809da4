/** Access keys of users: made by access_key_request alone, which shows the secret; here they are switched off and deleted. */
import {
  type AccessKeyMetadata,
  DeleteAccessKeyCommand,
  IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
  type UserDetail,
} from '@aws-sdk/client-iam'
import {
  type ChildSeen,
  childOf,
  choice,
  defineMapper,
  defineTable,
  done,
  IasqlError,
  type RowOf,
  reference,
  text,
  timestamp,
  unlessAbsent,
} from '../kit/index.ts'
import { userDetails } from './account-details.ts'

const columns = {
  access_key_id: text('Id of the key, made by AWS.', { output: true }),
  user_name: reference('aws_iam.iam_user', 'User who signs calls with it.', {
    by: 'user_name',
    required: true,
    replaces: 'after',
  }),
  status: choice(['Active', 'Inactive'], 'Whether calls signed with it are heard.', {
    default: 'Active',
    interrupts: true,
  }),
  create_date: timestamp('When it was made.', { output: true }),
}

type Row = RowOf<typeof columns>

const keys = childOf<Pick<UserDetail, 'UserName'>, AccessKeyMetadata>({
  parents: userDetails,
  parentsOf: async (ids) =>
    [...new Set(ids.map(({ user_name }) => user_name))].map((UserName) => ({ UserName })),
  async childrenOf({ UserName }, iam) {
    const listed = iam.pages(ListAccessKeysCommand, { UserName }, (page) => page.AccessKeyMetadata)
    return (await unlessAbsent(Array.fromAsync(listed))) ?? []
  },
  parentIdOf: ({ UserName: user_name = '' }) => ({ user_name }),
  keyOf: ({ AccessKeyId: access_key_id = '' }) => ({ access_key_id }),
})

const ask = "SELECT * FROM access_key_request('<user_name>') makes a key and shows its secret, once."

export const accessKey = defineTable({
  name: 'access_key',
  description: 'A key by which a program acts as a user; access_key_request(user_name) makes one.',
  place: 'global',
  naturalKey: ['access_key_id'],
  holdsData: false,
  settleMs: 20_000,
  checks: [{ sql: 'access_key_id IS NOT NULL', message: `an access key is not inserted: ${ask}` }],
  columns,
  mapper: defineMapper<Row, ChildSeen<Pick<UserDetail, 'UserName'>, AccessKeyMetadata>>()({
    client: IAMClient,
    operations: ['GetAccountAuthorizationDetails', 'ListAccessKeys', 'UpdateAccessKey', 'DeleteAccessKey'],
    ...keys,
    // No create makes one, so there is none to find again.
    findByToken: async () => undefined,
    create() {
      throw new IasqlError('cloud/invalid', 'an access key is not made by a row', { hint: ask })
    },
    async update(seen, want, _, __, iam) {
      const { UserName, AccessKeyId } = { ...seen.parent, ...seen.child }
      await iam.send(UpdateAccessKeyCommand, { UserName, AccessKeyId, Status: want.status })
      return done(keys.idOf(seen))
    },
    async delete(seen, _, iam) {
      const { UserName, AccessKeyId } = { ...seen.parent, ...seen.child }
      await iam.send(DeleteAccessKeyCommand, { UserName, AccessKeyId })
      return done(keys.idOf(seen))
    },
    toRow: ({ parent, child }) => ({
      access_key_id: child.AccessKeyId ?? null,
      user_name: parent.UserName ?? '',
      status: child.Status === 'Active' ? 'Active' : 'Inactive',
      create_date: child.CreateDate?.toISOString() ?? null,
    }),
  }),
})
