/** What rules look like: from networks and from groups, in and out. */
import { examplesOf, needed } from '../kit/index.ts'
import { securityGroupRule } from './security-group-rule.ts'

const needs = {
  vpc: { table: 'vpc', row: { cidr_block: '10.80.0.0/16' } },
  web: {
    table: 'security_group',
    row: { group_name: 'web', description: 'Web servers', vpc_id: needed('vpc') },
  },
}

export const securityGroupRuleExamples = examplesOf(securityGroupRule, {
  needs,
  base: {
    security_group_id: needed('web'),
    is_egress: false,
    ip_protocol: 'tcp',
    from_port: 443,
    to_port: 443,
    cidr_ipv4: '198.51.100.0/24',
    description: 'The office',
    tags: { team: 'search' },
  },
  update: { from_port: 8_000, to_port: 8_443, description: 'The old office', tags: { team: 'platform' } },
  replace: { cidr_ipv4: '203.0.113.0/24' },
})

export const egressRuleExamples = examplesOf(securityGroupRule, {
  variant: 'egress',
  needs,
  base: {
    security_group_id: needed('web'),
    is_egress: true,
    ip_protocol: 'udp',
    from_port: 53,
    to_port: 53,
    cidr_ipv6: '2001:db8::/32',
  },
  update: null,
  replace: { cidr_ipv6: '2001:db8:1::/48' },
})

export const groupRuleExamples = examplesOf(securityGroupRule, {
  variant: 'from a group',
  needs: {
    ...needs,
    front: {
      table: 'security_group',
      row: { group_name: 'front', description: 'Load balancers', vpc_id: needed('vpc') },
    },
  },
  base: {
    security_group_id: needed('web'),
    is_egress: false,
    ip_protocol: 'tcp',
    from_port: 8_080,
    to_port: 8_080,
    source_security_group: needed('front'),
  },
  update: null,
  replace: { source_security_group: needed('web') },
})
