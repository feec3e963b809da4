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
  arn,
  type ChildSeen,
  type CloudApi,
  childOf,
  defineMapper,
  defineTable,
  done,
  type Resolved,
  type RowOf,
  reference,
  text,
  unlessAbsent,
} from '../kit/index.ts'
import { isRoleOfAws, mostItems, roleDetails } from './account-details.ts'
import { policyUnheard, roleUnheard } from './names.ts'
import { awsPolicyPattern, policyArnOf, policyRef } from './policy-text.ts'

const columns = {
  role_name: reference('aws_iam.iam_role', 'Role that gets the policy.', {
    by: 'role_name',
    required: true,
    replaces: 'after',
  }),
  policy_id: reference('aws_iam.iam_policy', 'Policy of the account.', {
    replaces: 'after',
    clearable: true,
  }),
  policy_arn: arn(
    'Policy of AWS, such as arn:aws:iam::aws:policy/ReadOnlyAccess, instead of one of the account.',
    {
      replaces: 'after',
      clearable: true,
      check: `{} ~ '${awsPolicyPattern}'`,
    },
  ),
  policy_name: text('Name of the policy.', { output: true }),
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
  checks: [
    {
      sql: '(policy_id IS NULL) <> (policy_arn IS NULL)',
      message: 'either policy_id or policy_arn',
    },
  ],
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
    toRow: ({ parent, child }) => {
      const policy = policyRef(child.PolicyArn)
      return {
        role_name: parent.RoleName ?? '',
        policy_id: policy.own,
        policy_arn: policy.ofAws,
        policy_name: child.PolicyName ?? null,
      }
    },
  }),
})
