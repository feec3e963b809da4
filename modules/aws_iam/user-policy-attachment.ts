/** Managed policies that users have: one row, one policy of one user. */
import {
  type AttachedPolicy,
  AttachUserPolicyCommand,
  DetachUserPolicyCommand,
  IAMClient,
  ListAttachedUserPoliciesCommand,
  type UserDetail,
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
import { mostItems, userDetails } from './account-details.ts'
import { attachedPolicyColumns, attachedPolicyRow, eitherPolicy } from './attached-policy.ts'
import { policyUnheard, userUnheard } from './names.ts'
import { policyArnOf } from './policy-text.ts'

const columns = {
  user_name: reference('aws_iam.iam_user', 'User that gets the policy.', {
    by: 'user_name',
    required: true,
    replaces: 'after',
  }),
  ...attachedPolicyColumns,
}

type Row = RowOf<typeof columns>

async function readUser(UserName: string, iam: CloudApi): Promise<UserDetail | undefined> {
  const attached = iam.pages(
    ListAttachedUserPoliciesCommand,
    { UserName, MaxItems: mostItems },
    (page) => page.AttachedPolicies,
  )
  const AttachedManagedPolicies = await unlessAbsent(Array.fromAsync(attached))
  return AttachedManagedPolicies && { UserName, AttachedManagedPolicies }
}

const attachments = childOf<UserDetail, AttachedPolicy>({
  parents: userDetails,
  parentsOf: (ids, iam) =>
    iam.each([...new Set(ids.map(({ user_name = '' }) => user_name))], (name) => readUser(name, iam)),
  childrenOf: ({ AttachedManagedPolicies = [] }) => AttachedManagedPolicies,
  parentIdOf: ({ UserName: user_name = '' }) => ({ user_name }),
  keyOf: ({ PolicyArn: policy_arn = '' }) => ({ policy_arn }),
})

const wantedId = (want: Resolved<Row>) => ({
  user_name: want.user_name,
  policy_arn: policyArnOf(want.policy_id, want.policy_arn) ?? '',
})

export const userPolicyAttachment = defineTable({
  name: 'user_policy_attachment',
  description:
    'A managed policy that a user has: give policy_id for one of the account, policy_arn for one of AWS.',
  place: 'global',
  naturalKey: ['user_name', 'policy_id', 'policy_arn'],
  nullsAlike: true,
  named: true,
  holdsData: false,
  settleMs: 20_000,
  propagates: [userUnheard('AttachUserPolicy'), policyUnheard('AttachUserPolicy')],
  checks: [eitherPolicy],
  columns,
  mapper: defineMapper<Row, ChildSeen<UserDetail, AttachedPolicy>>()({
    client: IAMClient,
    operations: [
      'GetAccountAuthorizationDetails',
      'ListAttachedUserPolicies',
      'AttachUserPolicy',
      'DetachUserPolicy',
    ],
    ...attachments,
    findByName: async (want, iam) => (await attachments.get([wantedId(want)], iam))[0],
    async create(want, _, iam) {
      const { user_name: UserName, policy_arn: PolicyArn } = wantedId(want)
      await iam.send(AttachUserPolicyCommand, { UserName, PolicyArn })
      return done(wantedId(want))
    },
    // Every column makes another attachment: there is nothing to change in place.
    update: async (seen) => done(attachments.idOf(seen)),
    async delete(seen, _, iam) {
      const { UserName } = seen.parent
      await iam.send(DetachUserPolicyCommand, { UserName, PolicyArn: seen.child.PolicyArn })
      return done(attachments.idOf(seen))
    },
    toRow: ({ parent, child }) => ({
      user_name: parent.UserName ?? '',
      ...attachedPolicyRow(child),
    }),
  }),
})
