/** What an attachment to a user looks like: of a policy of the account, and of one of AWS. */
import { examplesOf, needed } from '../kit/index.ts'
import { allowing } from './example-documents.ts'
import { userPolicyAttachment } from './user-policy-attachment.ts'

export const userPolicyAttachmentExamples = examplesOf(userPolicyAttachment, {
  needs: {
    holder: { table: 'iam_user', row: { user_name: 'report-reader' } },
    first: {
      table: 'iam_policy',
      row: { policy_name: 'report-reader-reads', policy_document: allowing('s3:GetObject') },
    },
    second: {
      table: 'iam_policy',
      row: { policy_name: 'report-reader-lists', policy_document: allowing('s3:ListBucket') },
    },
  },
  base: { user_name: 'report-reader', policy_id: needed('first') },
  update: null,
  replace: { policy_id: needed('second') },
})

export const awsPolicyOfUserExamples = examplesOf(userPolicyAttachment, {
  variant: 'policy of AWS',
  needs: { holder: { table: 'iam_user', row: { user_name: 'watchman' } } },
  base: { user_name: 'watchman', policy_arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
  update: null,
  replace: { policy_arn: 'arn:aws:iam::aws:policy/SecurityAudit' },
})
