/** What a security group looks like, changed in place and replaced. */
import { examplesOf, needed } from '../kit/index.ts'
import { securityGroup } from './security-group.ts'

export const securityGroupExamples = examplesOf(securityGroup, {
  needs: { vpc: { table: 'vpc', row: { cidr_block: '10.70.0.0/16' } } },
  base: {
    group_name: 'web',
    description: 'What the load balancer lets through',
    vpc_id: needed('vpc'),
    tags: { team: 'search' },
  },
  update: { tags: { team: 'platform', stage: 'trial' } },
  replace: { group_name: 'web-2' },
})
