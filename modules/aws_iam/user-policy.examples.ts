/** What an inline policy of a user looks like, with another document and under another name. */
import { examplesOf } from '../kit/index.ts'
import { allowing } from './example-documents.ts'
import { userPolicy } from './user-policy.ts'

export const userPolicyExamples = examplesOf(userPolicy, {
  needs: { holder: { table: 'iam_user', row: { user_name: 'crawl-operator' } } },
  base: { user_name: 'crawl-operator', policy_name: 'read', policy_document: allowing('s3:GetObject') },
  update: { policy_document: allowing('s3:GetObject', 's3:ListBucket') },
  replace: { policy_name: 'read-and-list' },
})
