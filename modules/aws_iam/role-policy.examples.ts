/** What an inline policy of a role looks like, with another document and under another name. */
import { examplesOf } from '../kit/index.ts'
import { allowing, trusting } from './example-documents.ts'
import { rolePolicy } from './role-policy.ts'

export const rolePolicyExamples = examplesOf(rolePolicy, {
  needs: {
    holder: {
      table: 'iam_role',
      row: { role_name: 'crawler', assume_role_policy_document: trusting('ec2.amazonaws.com') },
    },
  },
  base: { role_name: 'crawler', policy_name: 'read', policy_document: allowing('s3:GetObject') },
  update: { policy_document: allowing('s3:GetObject', 's3:ListBucket') },
  replace: { policy_name: 'read-and-list' },
})
