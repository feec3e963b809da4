/** IAM roles: one row, one role; its policies are rows of role_policy and role_policy_attachment. */
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  GetRoleCommand,
  IAMClient,
  ListRolesCommand,
  PutRolePermissionsBoundaryCommand,
  type Role,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import {
  arn,
  type CloudApi,
  type ColumnDelta,
  defineMapper,
  defineTable,
  done,
  policyDocument,
  type Resolved,
  type RowOf,
  seconds,
  tagList,
  tags,
  tagsFrom,
  text,
  timestamp,
  unlessAbsent,
} from '../kit/index.ts'
import { isRoleOfAws, mostItems, roleDetails } from './account-details.ts'
import { boundaryColumns, boundaryOf, boundaryRow } from './boundary.ts'
import { nameOfAtMost, pathCheck, policyUnheard, principalUnheard } from './names.ts'
import { policyIn, policyText } from './policy-text.ts'
import { updateTags } from './update-tags.ts'

const columns = {
  role_name: text('Name of the role; one of the account, whatever its path.', {
    required: true,
    replaces: 'after',
    check: nameOfAtMost(64),
  }),
  assume_role_policy_document: policyDocument('Who may take the role: its trust policy.', {
    required: true,
    ownCall: ['update'],
  }),
  path: text('Path before the name in the ARN: / or /teams/search/.', {
    default: '/',
    replaces: 'after',
    check: pathCheck,
  }),
  description: text('What it is for.', { clearable: true, check: 'length({}) <= 1000' }),
  max_session_duration: seconds('For how long it may be taken at a time.', {
    default: 3_600,
    min: 3_600,
    max: 43_200,
  }),
  ...boundaryColumns('it'),
  arn: arn('ARN of the role.', { output: true }),
  role_id: text('Id that no other role ever has, also not one of the same name.', { output: true }),
  create_date: timestamp('When it was made.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

const idOf = ({ RoleName: role_name = '' }: Role) => ({ role_name })

async function readRole(RoleName: string, iam: CloudApi): Promise<Role | undefined> {
  return (await unlessAbsent(iam.send(GetRoleCommand, { RoleName })))?.Role
}

/** A list lacks tags and boundaries, the details lack descriptions and durations: one of each makes all roles whole. */
async function* listRoles(iam: CloudApi): AsyncIterable<Role> {
  const details = new Map((await Array.fromAsync(roleDetails(iam))).map((role) => [role.RoleId, role]))
  for await (const listed of iam.pages(ListRolesCommand, { MaxItems: mostItems }, (page) => page.Roles)) {
    const { PermissionsBoundary, Tags } = details.get(listed.RoleId) ?? {}
    if (details.has(listed.RoleId)) yield { ...listed, PermissionsBoundary, Tags }
    else yield (await readRole(listed.RoleName ?? '', iam)) ?? listed
  }
}

async function updateBoundary(want: Resolved<Row>, iam: CloudApi): Promise<void> {
  const RoleName = want.role_name
  const PermissionsBoundary = boundaryOf(want)
  if (PermissionsBoundary)
    await iam.send(PutRolePermissionsBoundaryCommand, { RoleName, PermissionsBoundary })
  else await iam.send(DeleteRolePermissionsBoundaryCommand, { RoleName })
}

async function updateRole(seen: Role, want: Resolved<Row>, delta: ColumnDelta<Row>, iam: CloudApi) {
  const RoleName = want.role_name
  if (delta.assume_role_policy_document) {
    const PolicyDocument = policyText(want.assume_role_policy_document)
    await iam.send(UpdateAssumeRolePolicyCommand, { RoleName, PolicyDocument })
  }
  if (delta.description || delta.max_session_duration)
    await iam.send(UpdateRoleCommand, {
      RoleName,
      Description: want.description ?? '',
      MaxSessionDuration: want.max_session_duration,
    })
  if (delta.permissions_boundary_id || delta.permissions_boundary_arn) await updateBoundary(want, iam)
  if (delta.tags)
    await updateTags(seen.Tags, want.tags, {
      put: (Tags) => iam.send(TagRoleCommand, { RoleName, Tags }),
      remove: (TagKeys) => iam.send(UntagRoleCommand, { RoleName, TagKeys }),
    })
}

function toRow(seen: Role): Row {
  return {
    role_name: seen.RoleName ?? '',
    assume_role_policy_document: policyIn(seen.AssumeRolePolicyDocument),
    path: seen.Path ?? '/',
    description: seen.Description || null,
    max_session_duration: seen.MaxSessionDuration ?? 3_600,
    ...boundaryRow(seen.PermissionsBoundary?.PermissionsBoundaryArn),
    arn: seen.Arn ?? null,
    role_id: seen.RoleId ?? null,
    create_date: seen.CreateDate?.toISOString() ?? null,
    tags: tagsFrom(seen.Tags),
  }
}

export const iamRole = defineTable({
  name: 'iam_role',
  description:
    'A role: permissions that services, accounts and people take for a while. Those of AWS are read-only.',
  place: 'global',
  naturalKey: ['role_name'],
  named: true,
  holdsData: false,
  settleMs: 20_000,
  propagates: [
    principalUnheard('CreateRole'),
    principalUnheard('UpdateAssumeRolePolicy'),
    policyUnheard('CreateRole'),
    policyUnheard('PutRolePermissionsBoundary'),
  ],
  checks: [
    {
      sql: 'permissions_boundary_id IS NULL OR permissions_boundary_arn IS NULL',
      message: 'a role has one boundary: a policy of the account or one of AWS',
    },
  ],
  columns,
  mapper: defineMapper<Row, Role>()({
    client: IAMClient,
    operations: [
      'ListRoles',
      'GetAccountAuthorizationDetails',
      'GetRole',
      'CreateRole',
      'UpdateRole',
      'UpdateAssumeRolePolicy',
      'PutRolePermissionsBoundary',
      'DeleteRolePermissionsBoundary',
      'TagRole',
      'UntagRole',
      'DeleteRole',
    ],
    idOf,
    list: (_, iam) => listRoles(iam),
    get: (ids, iam) => iam.each(ids, ({ role_name = '' }) => readRole(role_name, iam)),
    findByName: ({ role_name }, iam) => readRole(role_name, iam),
    isExternal: isRoleOfAws,
    async create(want, _, iam) {
      const PermissionsBoundary = boundaryOf(want)
      await iam.send(CreateRoleCommand, {
        RoleName: want.role_name,
        Path: want.path,
        AssumeRolePolicyDocument: policyText(want.assume_role_policy_document),
        MaxSessionDuration: want.max_session_duration,
        Tags: tagList(want.tags ?? {}),
        ...(want.description === null ? {} : { Description: want.description }),
        ...(PermissionsBoundary ? { PermissionsBoundary } : {}),
      })
      return done({ role_name: want.role_name })
    },
    async update(seen, want, delta, _, iam) {
      await updateRole(seen, want, delta, iam)
      return done(idOf(seen))
    },
    async delete(seen, _, iam) {
      await iam.send(DeleteRoleCommand, { RoleName: seen.RoleName })
      return done(idOf(seen))
    },
    toRow,
  }),
})
