/** Managed policies that roles have: one row, one policy of one role. */
import {
  type AttachedPolicy,
  AttachRolePolicyCommand,
  DetachRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  type RoleDetail,
} from '@aws-sdk/client-iam'
import {
  type ChildSeen,
  type CloudApi,
  childOf,
  defineMapper,
  defineTable,
  done,
  type Resolved,
  type RowOf,
  reference,
  unlessAbsent,
} from '../kit/index.ts'
import { isRoleOfAws, mostItems, roleDetails } from './account-details.ts'
import { attachedPolicyColumns, attachedPolicyRow, eitherPolicy } from './attached-policy.ts'
import { policyUnheard, roleUnheard } from './names.ts'
import { policyArnOf } from './policy-text.ts'

const columns = {
  role_name: reference('aws_iam.iam_role', 'Role that gets the policy.', {
    by: 'role_name',
    required: true,
    replaces: 'after',
  }),
  ...attachedPolicyColumns,
}

type Row = RowOf<typeof columns>

async function readRole(RoleName: string, iam: CloudApi): Promise<RoleDetail | undefined> {
  const attached = iam.pages(
    ListAttachedRolePoliciesCommand,
    { RoleName, MaxItems: mostItems },
    (page) => page.AttachedPolicies,
  )
  const AttachedManagedPolicies = await unlessAbsent(Array.fromAsync(attached))
  return AttachedManagedPolicies && { RoleName, AttachedManagedPolicies }
}

const attachments = childOf<RoleDetail, AttachedPolicy>({
  parents: roleDetails,
  parentsOf: (ids, iam) =>
    iam.each([...new Set(ids.map(({ role_name = '' }) => role_name))], (name) => readRole(name, iam)),
  childrenOf: ({ AttachedManagedPolicies = [] }) => AttachedManagedPolicies,
  parentIdOf: ({ RoleName: role_name = '' }) => ({ role_name }),
  keyOf: ({ PolicyArn: policy_arn = '' }) => ({ policy_arn }),
})

const wantedId = (want: Resolved<Row>) => ({
  role_name: want.role_name,
  policy_arn: policyArnOf(want.policy_id, want.policy_arn) ?? '',
})

export const rolePolicyAttachment = defineTable({
  name: 'role_policy_attachment',
  description:
    'A managed policy that a role has: give policy_id for one of the account, policy_arn for one of AWS.',
  place: 'global',
  naturalKey: ['role_name', 'policy_id', 'policy_arn'],
  nullsAlike: true,
  named: true,
  holdsData: false,
  settleMs: 20_000,
  propagates: [roleUnheard('AttachRolePolicy'), policyUnheard('AttachRolePolicy')],
  checks: [eitherPolicy],
  columns,
  mapper: defineMapper<Row, ChildSeen<RoleDetail, AttachedPolicy>>()({
    client: IAMClient,
    operations: [
      'GetAccountAuthorizationDetails',
      'ListAttachedRolePolicies',
      'AttachRolePolicy',
      'DetachRolePolicy',
    ],
    ...attachments,
    findByName: async (want, iam) => (await attachments.get([wantedId(want)], iam))[0],
    isExternal: ({ parent }) => isRoleOfAws(parent),
    async create(want, _, iam) {
      const { role_name: RoleName, policy_arn: PolicyArn } = wantedId(want)
      await iam.send(AttachRolePolicyCommand, { RoleName, PolicyArn })
      return done(wantedId(want))
    },
    // Every column makes another attachment: there is nothing to change in place.
    update: async (seen) => done(attachments.idOf(seen)),
    async delete(seen, _, iam) {
      const { RoleName } = seen.parent
      await iam.send(DetachRolePolicyCommand, { RoleName, PolicyArn: seen.child.PolicyArn })
      return done(attachments.idOf(seen))
    },
    toRow: ({ parent, child }) => ({
      role_name: parent.RoleName ?? '',
      ...attachedPolicyRow(child),
    }),
  }),
})
