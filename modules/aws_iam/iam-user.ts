/** IAM users: one row, one user; policies and access keys are rows of their own tables. */
import {
  CreateUserCommand,
  DeleteLoginProfileCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  GetLoginProfileCommand,
  GetUserCommand,
  IAMClient,
  PutUserPermissionsBoundaryCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateUserCommand,
  type UserDetail,
} from '@aws-sdk/client-iam'
import {
  arn,
  type CloudApi,
  defineMapper,
  defineTable,
  done,
  IasqlError,
  type Resolved,
  type RowOf,
  tagList,
  tags,
  tagsFrom,
  text,
  timestamp,
  unlessAbsent,
} from '../kit/index.ts'
import { userDetails } from './account-details.ts'
import { boundaryColumns, boundaryOf, boundaryRow } from './boundary.ts'
import { nameOfAtMost, pathCheck, policyUnheard } from './names.ts'
import { updateTags } from './update-tags.ts'
import { belongingOperations, takeBelongings } from './user-belongings.ts'

const columns = {
  user_name: text('Name of the user; one of the account, whatever its path.', {
    required: true,
    replaces: 'after',
    check: nameOfAtMost(64),
  }),
  path: text('Path before the name in the ARN: / or /teams/search/.', { default: '/', check: pathCheck }),
  ...boundaryColumns('the user'),
  arn: arn('ARN of the user.', { output: true }),
  user_id: text('Id that no other user ever has, also not one of the same name.', { output: true }),
  create_date: timestamp('When it was made.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

/** Of all users at once as of one. */
type SeenUser = UserDetail

const idOf = ({ UserName: user_name = '' }: SeenUser) => ({ user_name })

async function readUser(UserName: string, iam: CloudApi): Promise<SeenUser | undefined> {
  return (await unlessAbsent(iam.send(GetUserCommand, { UserName })))?.User
}

async function updateBoundary(want: Resolved<Row>, iam: CloudApi): Promise<void> {
  const UserName = want.user_name
  const PermissionsBoundary = boundaryOf(want)
  if (PermissionsBoundary)
    await iam.send(PutUserPermissionsBoundaryCommand, { UserName, PermissionsBoundary })
  else await iam.send(DeleteUserPermissionsBoundaryCommand, { UserName })
}

/** Most users have nothing but what rows tell of, which has gone before: only a refusal is a reason to look. */
async function deleteUser(UserName: string | undefined, iam: CloudApi): Promise<void> {
  try {
    await iam.send(DeleteUserCommand, { UserName })
  } catch (error) {
    if (!(error instanceof IasqlError) || error.code !== 'cloud/conflict') throw error
    await takeBelongings(UserName, iam)
    await iam.send(DeleteUserCommand, { UserName })
  }
}

export const iamUser = defineTable({
  name: 'iam_user',
  description: 'A user: permissions of one person or program for good, by password or access keys.',
  place: 'global',
  naturalKey: ['user_name'],
  named: true,
  holdsData: false,
  settleMs: 20_000,
  propagates: [policyUnheard('CreateUser'), policyUnheard('PutUserPermissionsBoundary')],
  checks: [
    {
      sql: 'permissions_boundary_id IS NULL OR permissions_boundary_arn IS NULL',
      message: 'a user has one boundary: a policy of the account or one of AWS',
    },
  ],
  columns,
  mapper: defineMapper<Row, SeenUser>()({
    client: IAMClient,
    operations: [
      'GetAccountAuthorizationDetails',
      'GetUser',
      'CreateUser',
      'UpdateUser',
      'PutUserPermissionsBoundary',
      'DeleteUserPermissionsBoundary',
      'TagUser',
      'UntagUser',
      'GetLoginProfile',
      'DeleteLoginProfile',
      'DeleteUser',
      ...belongingOperations,
    ],
    idOf,
    list: (_, iam) => userDetails(iam),
    get: (ids, iam) => iam.each(ids, ({ user_name = '' }) => readUser(user_name, iam)),
    findByName: ({ user_name }, iam) => readUser(user_name, iam),
    async create(want, _, iam) {
      const PermissionsBoundary = boundaryOf(want)
      await iam.send(CreateUserCommand, {
        UserName: want.user_name,
        Path: want.path,
        Tags: tagList(want.tags ?? {}),
        ...(PermissionsBoundary ? { PermissionsBoundary } : {}),
      })
      return done({ user_name: want.user_name })
    },
    async update(seen, want, delta, _, iam) {
      const { UserName } = seen
      if (delta.path) await iam.send(UpdateUserCommand, { UserName, NewPath: want.path })
      if (delta.permissions_boundary_id || delta.permissions_boundary_arn) await updateBoundary(want, iam)
      if (delta.tags)
        await updateTags(seen.Tags, want.tags, {
          put: (Tags) => iam.send(TagUserCommand, { UserName, Tags }),
          remove: (TagKeys) => iam.send(UntagUserCommand, { UserName, TagKeys }),
        })
      return done(idOf(seen))
    },
    async delete(seen, _, iam) {
      const { UserName } = seen
      // A password is no resource of its own, and a user that has one is not deleted.
      if (await unlessAbsent(iam.send(GetLoginProfileCommand, { UserName })))
        await unlessAbsent(iam.send(DeleteLoginProfileCommand, { UserName }))
      await deleteUser(UserName, iam)
      return done(idOf(seen))
    },
    toRow: (seen) => {
      return {
        user_name: seen.UserName ?? '',
        path: seen.Path ?? '/',
        ...boundaryRow(seen.PermissionsBoundary?.PermissionsBoundaryArn),
        arn: seen.Arn ?? null,
        user_id: seen.UserId ?? null,
        create_date: seen.CreateDate?.toISOString() ?? null,
        tags: tagsFrom(seen.Tags),
      }
    },
  }),
})
