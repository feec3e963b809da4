/** IAM users: one row, one user; policies and access keys are rows of their own tables. */
import {
  CreateUserCommand,
  DeleteUserPermissionsBoundaryCommand,
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
import { deleteOperations, deleteUser } from './delete-user.ts'
import { nameOfAtMost, pathCheck, policyUnheard } from './names.ts'
import { updateTags } from './update-tags.ts'

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

export const iamUser = defineTable({
  name: 'iam_user',
  description:
    'A user: permissions of one person or program for good, by password or access keys. A deleted one takes along its password, MFA devices, SSH keys, signing certificates, service-specific credentials and memberships of groups; one that still has access keys or policies is refused whole.',
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
      ...deleteOperations,
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
      await deleteUser(seen.UserName, iam)
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
