/** Instance profiles: how EC2 instances carry a role; one row, one profile with its role. */
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  GetInstanceProfileCommand,
  IAMClient,
  type InstanceProfile,
  ListInstanceProfilesCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  UntagInstanceProfileCommand,
} from '@aws-sdk/client-iam'
import {
  arn,
  type CloudApi,
  defineMapper,
  defineTable,
  done,
  type RowOf,
  reference,
  tagList,
  tags,
  tagsFrom,
  text,
  timestamp,
  unlessAbsent,
  waiting,
} from '../kit/index.ts'
import { mostItems } from './account-details.ts'
import { nameOfAtMost, pathCheck, roleUnheard } from './names.ts'
import { updateTags } from './update-tags.ts'

const columns = {
  instance_profile_name: text('Name of the profile; one of the account, whatever its path.', {
    required: true,
    replaces: 'after',
    check: nameOfAtMost(128),
  }),
  path: text('Path before the name in the ARN: / or /teams/search/.', {
    default: '/',
    replaces: 'after',
    check: pathCheck,
  }),
  role_name: reference('aws_iam.iam_role', 'Role that instances take by it; null: none yet.', {
    by: 'role_name',
    clearable: true,
    interrupts: true,
    ownCall: ['create', 'update', 'clear', 'delete'],
  }),
  arn: arn('ARN of the profile.', { output: true }),
  instance_profile_id: text('Id that no other profile ever has.', { output: true }),
  create_date: timestamp('When it was made.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

const idOf = ({ InstanceProfileName: instance_profile_name = '' }: InstanceProfile) => ({
  instance_profile_name,
})

async function readProfile(InstanceProfileName: string, iam: CloudApi): Promise<InstanceProfile | undefined> {
  return (await unlessAbsent(iam.send(GetInstanceProfileCommand, { InstanceProfileName })))?.InstanceProfile
}

/** A profile has one role at most: the old one leaves before the new one comes. */
async function updateRole(seen: InstanceProfile, wanted: string | null, iam: CloudApi): Promise<void> {
  const { InstanceProfileName, Roles = [] } = seen
  for (const { RoleName } of Roles) {
    if (RoleName !== wanted)
      await iam.send(RemoveRoleFromInstanceProfileCommand, { InstanceProfileName, RoleName })
  }
  const isThere = Roles.some(({ RoleName }) => RoleName === wanted)
  if (wanted !== null && !isThere)
    await iam.send(AddRoleToInstanceProfileCommand, { InstanceProfileName, RoleName: wanted })
}

export const instanceProfile = defineTable({
  name: 'instance_profile',
  description: 'What gives EC2 instances the permissions of a role.',
  place: 'global',
  naturalKey: ['instance_profile_name'],
  named: true,
  holdsData: false,
  settleMs: 20_000,
  hydrates: ['tags'],
  propagates: [roleUnheard('AddRoleToInstanceProfile')],
  columns,
  mapper: defineMapper<Row, InstanceProfile>()({
    client: IAMClient,
    operations: [
      'ListInstanceProfiles',
      'GetInstanceProfile',
      'CreateInstanceProfile',
      'AddRoleToInstanceProfile',
      'RemoveRoleFromInstanceProfile',
      'TagInstanceProfile',
      'UntagInstanceProfile',
      'DeleteInstanceProfile',
    ],
    idOf,
    list: (_, iam) =>
      iam.pages(ListInstanceProfilesCommand, { MaxItems: mostItems }, (page) => page.InstanceProfiles),
    get: (ids, iam) =>
      iam.each(ids, ({ instance_profile_name = '' }) => readProfile(instance_profile_name, iam)),
    findByName: ({ instance_profile_name }, iam) => readProfile(instance_profile_name, iam),
    async create(want, _, iam) {
      const id = { instance_profile_name: want.instance_profile_name }
      await iam.send(CreateInstanceProfileCommand, {
        InstanceProfileName: want.instance_profile_name,
        Path: want.path,
        Tags: tagList(want.tags ?? {}),
      })
      return want.role_name === null ? done(id) : waiting(id, 'its role', 'again')
    },
    async update(seen, want, delta, _, iam) {
      const { InstanceProfileName } = seen
      if (delta.role_name) await updateRole(seen, want.role_name, iam)
      if (delta.tags)
        await updateTags(seen.Tags, want.tags, {
          put: (Tags) => iam.send(TagInstanceProfileCommand, { InstanceProfileName, Tags }),
          remove: (TagKeys) => iam.send(UntagInstanceProfileCommand, { InstanceProfileName, TagKeys }),
        })
      return done(idOf(seen))
    },
    async delete(seen, _, iam) {
      await updateRole(seen, null, iam)
      await iam.send(DeleteInstanceProfileCommand, { InstanceProfileName: seen.InstanceProfileName })
      return done(idOf(seen))
    },
    toRow: (seen) => ({
      instance_profile_name: seen.InstanceProfileName ?? '',
      path: seen.Path ?? '/',
      role_name: seen.Roles?.[0]?.RoleName ?? null,
      arn: seen.Arn ?? null,
      instance_profile_id: seen.InstanceProfileId ?? null,
      create_date: seen.CreateDate?.toISOString() ?? null,
      tags: tagsFrom(seen.Tags),
    }),
  }),
})
