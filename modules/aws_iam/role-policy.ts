/** Inline policies of roles: one row, one policy, which lives and dies with its role. */
import {
  DeleteRolePolicyCommand,
  GetRolePolicyCommand,
  IAMClient,
  type PolicyDetail,
  PutRolePolicyCommand,
  type RoleDetail,
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
import { isRoleOfAws, roleDetails } from './account-details.ts'
import { nameOfAtMost, roleUnheard } from './names.ts'
import { policyIn, policyText } from './policy-text.ts'

const columns = {
  role_name: reference('aws_iam.iam_role', 'Role that has it.', {
    by: 'role_name',
    required: true,
    replaces: 'after',
  }),
  policy_name: text('Name of the policy; one of the role.', {
    required: true,
    replaces: 'after',
    check: nameOfAtMost(128),
  }),
  policy_document: policyDocument('What the role may do by it.', { required: true }),
}

type Row = RowOf<typeof columns>

const policies = childOf<RoleDetail, PolicyDetail>({
  parents: roleDetails,
  parentsOf: (ids, iam) =>
    iam.each(ids, async ({ role_name: RoleName, policy_name: PolicyName }) => {
      const held = await unlessAbsent(iam.send(GetRolePolicyCommand, { RoleName, PolicyName }))
      return held && { RoleName, RolePolicyList: [held] }
    }),
  childrenOf: ({ RolePolicyList = [] }) => RolePolicyList,
  parentIdOf: ({ RoleName: role_name = '' }) => ({ role_name }),
  keyOf: ({ PolicyName: policy_name = '' }) => ({ policy_name }),
})

const nameOf = ({ role_name, policy_name }: Pick<Row, 'role_name' | 'policy_name'>) => ({
  role_name,
  policy_name,
})

export const rolePolicy = defineTable({
  name: 'role_policy',
  description: 'A policy written into one role, which no other can have.',
  place: 'global',
  naturalKey: ['role_name', 'policy_name'],
  named: true,
  holdsData: false,
  settleMs: 20_000,
  propagates: [roleUnheard('PutRolePolicy')],
  columns,
  mapper: defineMapper<Row, ChildSeen<RoleDetail, PolicyDetail>>()({
    client: IAMClient,
    operations: ['GetAccountAuthorizationDetails', 'GetRolePolicy', 'PutRolePolicy', 'DeleteRolePolicy'],
    ...policies,
    findByName: async (want, iam) => (await policies.get([nameOf(want)], iam))[0],
    isExternal: ({ parent }) => isRoleOfAws(parent),
    async create(want, _, iam) {
      await iam.send(PutRolePolicyCommand, {
        RoleName: want.role_name,
        PolicyName: want.policy_name,
        PolicyDocument: policyText(want.policy_document),
      })
      return done(nameOf(want))
    },
    async update(seen, want, _, __, iam) {
      await iam.send(PutRolePolicyCommand, {
        RoleName: seen.parent.RoleName,
        PolicyName: seen.child.PolicyName,
        PolicyDocument: policyText(want.policy_document),
      })
      return done(policies.idOf(seen))
    },
    async delete(seen, _, iam) {
      const { RoleName } = seen.parent
      await iam.send(DeleteRolePolicyCommand, { RoleName, PolicyName: seen.child.PolicyName })
      return done(policies.idOf(seen))
    },
    toRow: ({ parent, child }) => ({
      role_name: parent.RoleName ?? '',
      policy_name: child.PolicyName ?? '',
      policy_document: policyIn(child.PolicyDocument),
    }),
  }),
})
