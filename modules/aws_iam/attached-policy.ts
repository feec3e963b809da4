/** A managed policy that something has: by reference one of the account, by ARN one of AWS. */
import type { AttachedPolicy } from '@aws-sdk/client-iam'
import { arn, reference, text } from '../kit/index.ts'
import { awsPolicyPattern, policyRef } from './policy-text.ts'

export const attachedPolicyColumns = {
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

export const eitherPolicy = {
  sql: '(policy_id IS NULL) <> (policy_arn IS NULL)',
  message: 'either policy_id or policy_arn',
}

export function attachedPolicyRow({ PolicyArn, PolicyName }: AttachedPolicy) {
  const { own, ofAws } = policyRef(PolicyArn)
  return { policy_id: own, policy_arn: ofAws, policy_name: PolicyName ?? null }
}
