/** What a route looks like, changed in place and replaced. */
import { examplesOf, needed } from '../kit/index.ts'
import { route } from './route.ts'

const vpc = { table: 'vpc', row: { cidr_block: '10.50.0.0/16' } }

export const routeExamples = examplesOf(route, {
  needs: {
    vpc,
    table: { table: 'route_table', row: { vpc_id: needed('vpc') } },
    door: { table: 'internet_gateway', row: { vpc_id: needed('vpc') } },
    next: { table: 'internet_gateway', row: {} },
  },
  base: {
    route_table_id: needed('table'),
    destination: '198.51.100.0/24',
    internet_gateway_id: needed('door'),
  },
  update: { internet_gateway_id: needed('next') },
  replace: { destination: '203.0.113.0/24' },
})
