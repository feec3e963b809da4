/** What a VPC looks like, changed in place and replaced. */
import { examplesOf } from '../kit/index.ts'
import { vpc } from './vpc.ts'

export const vpcExamples = examplesOf(vpc, {
  base: { cidr_block: '10.10.0.0/16', enable_dns_hostnames: true, tags: { Name: 'main' } },
  update: { enable_dns_hostnames: false, tags: { Name: 'main', team: 'search' } },
  replace: { cidr_block: '10.11.0.0/16' },
})
