/** What NAT gateways look like: one that leads to the internet, one that leads to other networks. */
import { examplesOf, needed } from '../kit/index.ts'
import { natGateway } from './nat-gateway.ts'

const network = {
  vpc: { table: 'vpc', row: { cidr_block: '10.90.0.0/16' } },
  a: { table: 'subnet', row: { vpc_id: needed('vpc'), cidr_block: '10.90.1.0/24' } },
  b: { table: 'subnet', row: { vpc_id: needed('vpc'), cidr_block: '10.90.2.0/24' } },
}

export const natGatewayExamples = examplesOf(natGateway, {
  needs: {
    ...network,
    door: { table: 'internet_gateway', row: { vpc_id: needed('vpc') } },
    address: { table: 'elastic_ip', row: {} },
  },
  base: { subnet_id: needed('a'), elastic_ip_id: needed('address'), tags: { Name: 'way out' } },
  update: { tags: { Name: 'way out', team: 'network' } },
  replace: { subnet_id: needed('b') },
  // Deleted ones keep hold of their addresses there.
  emulator: 'a deleted NAT gateway keeps its elastic IP address',
})

export const privateNatGatewayExamples = examplesOf(natGateway, {
  variant: 'private',
  needs: network,
  base: { connectivity_type: 'private', subnet_id: needed('a'), tags: { Name: 'between' } },
  update: { tags: { Name: 'among' } },
  replace: { subnet_id: needed('b') },
})
