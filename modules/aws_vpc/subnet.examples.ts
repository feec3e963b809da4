/** What a subnet looks like, changed in place and replaced. */
import { examplesOf, needed } from '../kit/index.ts'
import { subnet } from './subnet.ts'

export const subnetExamples = examplesOf(subnet, {
  needs: { vpc: { table: 'vpc', row: { cidr_block: '10.20.0.0/16' } } },
  base: {
    vpc_id: needed('vpc'),
    cidr_block: '10.20.1.0/24',
    availability_zone: 'us-east-1a',
    tags: { Name: 'a' },
  },
  update: { map_public_ip_on_launch: true, tags: { Name: 'public-a' } },
  replace: { availability_zone: 'us-east-1b' },
})
