/** What an attachment to a role looks like: of a policy of the account, and of one of AWS. */
import { examplesOf, needed } from '../kit/index.ts'
import { allowing, trusting } from './example-documents.ts'
import { rolePolicyAttachment } from './role-policy-attachment.ts'

export const rolePolicyAttachmentExamples = examplesOf(rolePolicyAttachment, {
  needs: {
    holder: {
      table: 'iam_role',
      row: { role_name: 'reporter', assume_role_policy_document: trusting('ec2.amazonaws.com') },
    },
    first: {
      table: 'iam_policy',
      row: { policy_name: 'reporter-reads', policy_document: allowing('s3:GetObject') },
    },
    second: {
      table: 'iam_policy',
      row: { policy_name: 'reporter-lists', policy_document: allowing('s3:ListBucket') },
    },
  },
  base: { role_name: 'reporter', policy_id: needed('first') },
  update: null,
  replace: { policy_id: needed('second') },
})

export const awsPolicyOfRoleExamples = examplesOf(rolePolicyAttachment, {
  variant: 'policy of AWS',
  needs: {
    holder: {
      table: 'iam_role',
      row: { role_name: 'watcher', assume_role_policy_document: trusting('ec2.amazonaws.com') },
    },
  },
  base: { role_name: 'watcher', policy_arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
  update: null,
  replace: { policy_arn: 'arn:aws:iam::aws:policy/SecurityAudit' },
})
