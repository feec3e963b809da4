/** What a subnet looks like, without and with IPv6, changed in place and replaced. */
import { examplesOf, needed } from '../kit/index.ts'
import { subnet } from './subnet.ts'

export const subnetExamples = examplesOf(subnet, {
  needs: { vpc: { table: 'vpc', row: { cidr_block: '10.20.0.0/16' } } },
  base: {
    vpc_id: needed('vpc'),
    cidr_block: '10.20.1.0/24',
    availability_zone: 'us-east-1a',
    tags: { Name: 'a', stage: 'trial' },
  },
  update: { map_public_ip_on_launch: true, tags: { Name: 'public-a' } },
  replace: { availability_zone: 'us-east-1b' },
})

/** On AWS the network is one of the /64 of the VPC's, which nobody knows before it is made. */
export const ipv6SubnetExamples = examplesOf(subnet, {
  variant: 'IPv6',
  needs: {
    vpc: { table: 'vpc', row: { cidr_block: '10.21.0.0/16', amazon_provided_ipv6_cidr_block: true } },
  },
  base: { vpc_id: needed('vpc'), cidr_block: '10.21.1.0/24', availability_zone: 'us-east-1a' },
  update: { ipv6_cidr_block: '2001:db8:1234:1a00::/64' },
  replace: { availability_zone: 'us-east-1b' },
})
