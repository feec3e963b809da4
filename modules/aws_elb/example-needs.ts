/** The network that the examples of load balancers stand in. */
import { needed } from '../kit/index.ts'

export const network = {
  vpc: { table: 'vpc', row: { cidr_block: '10.90.0.0/16' } },
  first: {
    table: 'subnet',
    row: { vpc_id: needed('vpc'), cidr_block: '10.90.1.0/24', availability_zone: 'us-east-1a' },
  },
  second: {
    table: 'subnet',
    row: { vpc_id: needed('vpc'), cidr_block: '10.90.2.0/24', availability_zone: 'us-east-1b' },
  },
}
