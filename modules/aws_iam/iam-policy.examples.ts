/** What a policy looks like, with another document and under another name. */
import { examplesOf } from '../kit/index.ts'
import { allowing } from './example-documents.ts'
import { iamPolicy } from './iam-policy.ts'

export const iamPolicyExamples = examplesOf(iamPolicy, {
  base: {
    policy_name: 'read-reports',
    path: '/search/',
    description: 'Reads what the night made',
    policy_document: allowing('s3:GetObject'),
    tags: { team: 'search', stage: 'trial' },
  },
  update: {
    policy_document: allowing('s3:GetObject', 's3:ListBucket'),
    tags: { team: 'search', tier: '1' },
  },
  replace: { policy_name: 'read-all-reports' },
})
