/** What a role looks like, with a boundary of the account's own and one of AWS. */
import { examplesOf, needed } from '../kit/index.ts'
import { allowing, trusting } from './example-documents.ts'
import { iamRole } from './iam-role.ts'

export const iamRoleExamples = examplesOf(iamRole, {
  needs: {
    limit: { table: 'iam_policy', row: { policy_name: 'limit', policy_document: allowing('s3:*') } },
  },
  base: {
    role_name: 'indexer',
    assume_role_policy_document: trusting('lambda.amazonaws.com'),
    description: 'Fills the index',
    permissions_boundary_id: needed('limit'),
    tags: { team: 'search', stage: 'trial' },
  },
  update: {
    assume_role_policy_document: trusting('ecs-tasks.amazonaws.com'),
    description: 'Fills and prunes the index',
    max_session_duration: 7_200,
    permissions_boundary_id: null,
    permissions_boundary_arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    tags: { team: 'search', tier: '1' },
  },
  replace: { role_name: 'index-keeper' },
})

export const limitedRoleExamples = examplesOf(iamRole, {
  variant: 'limited by AWS',
  base: {
    role_name: 'auditor',
    path: '/audit/',
    assume_role_policy_document: trusting('ec2.amazonaws.com'),
    permissions_boundary_arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
  },
  update: { permissions_boundary_arn: null },
  replace: { role_name: 'chief-auditor' },
})
