/** What a VPC looks like, without and with IPv6, changed in place and replaced. */
import { examplesOf } from '../kit/index.ts'
import { vpc } from './vpc.ts'

export const vpcExamples = examplesOf(vpc, {
  base: { cidr_block: '10.10.0.0/16', enable_dns_hostnames: true, tags: { Name: 'main', stage: 'trial' } },
  update: { enable_dns_hostnames: false, tags: { Name: 'main', team: 'search' } },
  replace: { cidr_block: '10.11.0.0/16' },
})

export const ipv6VpcExamples = examplesOf(vpc, {
  variant: 'IPv6',
  base: { cidr_block: '10.12.0.0/16', amazon_provided_ipv6_cidr_block: true },
  update: { amazon_provided_ipv6_cidr_block: false },
  replace: { cidr_block: '10.13.0.0/16' },
})
