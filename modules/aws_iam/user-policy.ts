/** Inline policies of users: one row, one policy, which lives and dies with its user. */
import {
  DeleteUserPolicyCommand,
  GetUserPolicyCommand,
  IAMClient,
  type PolicyDetail,
  PutUserPolicyCommand,
  type UserDetail,
} from '@aws-sdk/client-iam'
import {
  type ChildSeen,
  childOf,
  defineMapper,
  defineTable,
  done,
  policyDocument,
  type RowOf,
  reference,
  text,
  unlessAbsent,
} from '../kit/index.ts'
import { userDetails } from './account-details.ts'
import { nameOfAtMost, userUnheard } from './names.ts'
import { policyIn, policyText } from './policy-text.ts'

const columns = {
  user_name: reference('aws_iam.iam_user', 'User that has it.', {
    by: 'user_name',
    required: true,
    replaces: 'after',
  }),
  policy_name: text('Name of the policy; one of the user.', {
    required: true,
    replaces: 'after',
    check: nameOfAtMost(128),
  }),
  policy_document: policyDocument('What the user may do by it.', { required: true }),
}

type Row = RowOf<typeof columns>

const policies = childOf<UserDetail, PolicyDetail>({
  parents: userDetails,
  parentsOf: (ids, iam) =>
    iam.each(ids, async ({ user_name: UserName, policy_name: PolicyName }) => {
      const held = await unlessAbsent(iam.send(GetUserPolicyCommand, { UserName, PolicyName }))
      return held && { UserName, UserPolicyList: [held] }
    }),
  childrenOf: ({ UserPolicyList = [] }) => UserPolicyList,
  parentIdOf: ({ UserName: user_name = '' }) => ({ user_name }),
  keyOf: ({ PolicyName: policy_name = '' }) => ({ policy_name }),
})

const nameOf = ({ user_name, policy_name }: Pick<Row, 'user_name' | 'policy_name'>) => ({
  user_name,
  policy_name,
})

export const userPolicy = defineTable({
  name: 'user_policy',
  description: 'A policy written into one user, which no other can have.',
  place: 'global',
  naturalKey: ['user_name', 'policy_name'],
  named: true,
  holdsData: false,
  settleMs: 20_000,
  propagates: [userUnheard('PutUserPolicy')],
  columns,
  mapper: defineMapper<Row, ChildSeen<UserDetail, PolicyDetail>>()({
    client: IAMClient,
    operations: ['GetAccountAuthorizationDetails', 'GetUserPolicy', 'PutUserPolicy', 'DeleteUserPolicy'],
    ...policies,
    findByName: async (want, iam) => (await policies.get([nameOf(want)], iam))[0],
    async create(want, _, iam) {
      await iam.send(PutUserPolicyCommand, {
        UserName: want.user_name,
        PolicyName: want.policy_name,
        PolicyDocument: policyText(want.policy_document),
      })
      return done(nameOf(want))
    },
    async update(seen, want, _, __, iam) {
      await iam.send(PutUserPolicyCommand, {
        UserName: seen.parent.UserName,
        PolicyName: seen.child.PolicyName,
        PolicyDocument: policyText(want.policy_document),
      })
      return done(policies.idOf(seen))
    },
    async delete(seen, _, iam) {
      const { UserName } = seen.parent
      await iam.send(DeleteUserPolicyCommand, { UserName, PolicyName: seen.child.PolicyName })
      return done(policies.idOf(seen))
    },
    toRow: ({ parent, child }) => ({
      user_name: parent.UserName ?? '',
      policy_name: child.PolicyName ?? '',
      policy_document: policyIn(child.PolicyDocument),
    }),
  }),
})
