/** What a user looks like: tagged, moved to another path, limited. */
import { examplesOf, needed } from '../kit/index.ts'
import { allowing } from './example-documents.ts'
import { iamUser } from './iam-user.ts'

export const iamUserExamples = examplesOf(iamUser, {
  base: { user_name: 'ann', tags: { team: 'search', stage: 'trial' } },
  update: { tags: { team: 'search', tier: '1' } },
  replace: { user_name: 'bob' },
})

export const movedUserExamples = examplesOf(iamUser, {
  variant: 'path',
  base: { user_name: 'cleo', path: '/search/' },
  update: { path: '/shop/' },
  replace: { user_name: 'dan' },
})

export const limitedUserExamples = examplesOf(iamUser, {
  variant: 'limited',
  needs: {
    limit: { table: 'iam_policy', row: { policy_name: 'user-limit', policy_document: allowing('s3:*') } },
  },
  base: { user_name: 'eve', permissions_boundary_id: needed('limit') },
  update: { permissions_boundary_id: null },
  replace: { user_name: 'fred' },
  emulator: 'users have no permissions boundary there',
})
