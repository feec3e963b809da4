/** What an instance profile looks like, with another role and under another name. */
import { examplesOf } from '../kit/index.ts'
import { trusting } from './example-documents.ts'
import { instanceProfile } from './instance-profile.ts'

const carried = (role_name: string) => ({
  table: 'iam_role',
  row: { role_name, assume_role_policy_document: trusting('ec2.amazonaws.com') },
})

export const instanceProfileExamples = examplesOf(instanceProfile, {
  needs: { first: carried('web-server'), second: carried('web-server-2') },
  base: {
    instance_profile_name: 'web',
    role_name: 'web-server',
    tags: { team: 'shop', stage: 'trial' },
  },
  update: { role_name: 'web-server-2', tags: { team: 'shop', tier: '1' } },
  replace: { instance_profile_name: 'web-2' },
})
