/** What load balancers look like: one for requests, one for connections. */
import { examplesOf, needed, neededValue } from '../kit/index.ts'
import { network } from './example-needs.ts'
import { loadBalancer } from './load-balancer.ts'

const subnets = [
  { subnet_id: neededValue('subnet', 'first', 'subnet_id') },
  { subnet_id: neededValue('subnet', 'second', 'subnet_id') },
]

export const loadBalancerExamples = examplesOf(loadBalancer, {
  needs: {
    ...network,
    third: {
      table: 'subnet',
      row: { vpc_id: needed('vpc'), cidr_block: '10.90.3.0/24', availability_zone: 'us-east-1c' },
    },
    guard: {
      table: 'security_group',
      row: { group_name: 'front', description: 'Load balancers', vpc_id: needed('vpc') },
    },
  },
  base: { load_balancer_name: 'front', scheme: 'internal', subnets, tags: { team: 'shop', stage: 'trial' } },
  update: {
    ip_address_type: 'dualstack',
    subnets: [...subnets, { subnet_id: neededValue('subnet', 'third', 'subnet_id') }],
    security_groups: [{ security_group_id: neededValue('security_group', 'guard', 'group_id') }],
    idle_timeout: 120,
    drop_invalid_header_fields: true,
    tags: { team: 'shop' },
  },
  replace: { load_balancer_name: 'front-2' },
})

export const networkLoadBalancerExamples = examplesOf(loadBalancer, {
  variant: 'network',
  needs: network,
  base: {
    load_balancer_name: 'wires',
    load_balancer_type: 'network',
    scheme: 'internal',
    subnets,
    enable_cross_zone_load_balancing: true,
  },
  update: { enable_cross_zone_load_balancing: false },
  replace: { scheme: 'internet-facing' },
})
