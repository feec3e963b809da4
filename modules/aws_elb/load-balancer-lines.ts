/** Where a load balancer stands and what guards it: a line a subnet, a line a security group. */
import type { AvailabilityZone, SubnetMapping } from '@aws-sdk/client-elastic-load-balancing-v2'
import { defineLines, type LineOf, lineFrom, reference, text } from '../kit/index.ts'

export const loadBalancerSubnet = defineLines({
  name: 'load_balancer_subnet',
  description: 'A subnet that a load balancer stands in: at most one of each availability zone.',
  parent: 'load_balancer',
  via: 'load_balancer_id',
  list: 'subnets',
  key: ['subnet_id'],
  columns: {
    subnet_id: reference('aws_vpc.subnet', 'Subnet that it stands in.', { by: 'subnet_id', required: true }),
    allocation_id: text('Network load balancers facing the internet: elastic IP address (eipalloc-…).'),
    private_ipv4_address: text('Internal network load balancers: address within the subnet.'),
    ipv6_address: text('Network load balancers: IPv6 address within the subnet.'),
  },
})

export const loadBalancerSecurityGroup = defineLines({
  name: 'load_balancer_security_group',
  description:
    'A security group of a load balancer; an application load balancer without one gets the default group.',
  parent: 'load_balancer',
  via: 'load_balancer_id',
  list: 'security_groups',
  key: ['security_group_id'],
  columns: {
    security_group_id: reference('aws_security_group.security_group', 'Group that guards it.', {
      by: 'group_id',
      required: true,
    }),
  },
})

type SubnetLine = LineOf<typeof loadBalancerSubnet>
type GroupLine = LineOf<typeof loadBalancerSecurityGroup>

/** AWS takes either form for all of them, and addresses only in the longer one. */
export function subnetsOf(lines: readonly SubnetLine[]): {
  Subnets?: string[]
  SubnetMappings?: SubnetMapping[]
} {
  if (lines.length === 0) return {}
  const hasAddresses = lines.some((line) => Object.keys(line).length > 1)
  if (!hasAddresses) return { Subnets: lines.map((line) => line.subnet_id ?? '') }
  return {
    SubnetMappings: lines.map((line) => ({
      SubnetId: line.subnet_id,
      AllocationId: line.allocation_id,
      PrivateIPv4Address: line.private_ipv4_address,
      IPv6Address: line.ipv6_address,
    })),
  }
}

export const subnetLines = (zones: readonly AvailabilityZone[] | undefined): readonly SubnetLine[] =>
  (zones ?? []).map(({ SubnetId, LoadBalancerAddresses: [address] = [] }) =>
    lineFrom(loadBalancerSubnet, {
      subnet_id: SubnetId,
      allocation_id: address?.AllocationId,
      private_ipv4_address: address?.PrivateIPv4Address,
      ipv6_address: address?.IPv6Address,
    }),
  )

export const groupsOf = (lines: readonly GroupLine[] | null): string[] =>
  (lines ?? []).map((line) => line.security_group_id ?? '')

export const groupLines = (ids: readonly string[] | undefined): readonly GroupLine[] =>
  (ids ?? []).map((security_group_id) => ({ security_group_id }))
