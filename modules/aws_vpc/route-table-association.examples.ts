/** What an association looks like, changed in place and replaced. */
import { examplesOf, needed } from '../kit/index.ts'
import { routeTableAssociation } from './route-table-association.ts'

export const routeTableAssociationExamples = examplesOf(routeTableAssociation, {
  needs: {
    vpc: { table: 'vpc', row: { cidr_block: '10.60.0.0/16' } },
    a: { table: 'subnet', row: { vpc_id: needed('vpc'), cidr_block: '10.60.1.0/24' } },
    b: { table: 'subnet', row: { vpc_id: needed('vpc'), cidr_block: '10.60.2.0/24' } },
    first: { table: 'route_table', row: { vpc_id: needed('vpc') } },
    second: { table: 'route_table', row: { vpc_id: needed('vpc') } },
  },
  base: { route_table_id: needed('first'), subnet_id: needed('a') },
  update: { route_table_id: needed('second') },
  replace: { subnet_id: needed('b') },
})
