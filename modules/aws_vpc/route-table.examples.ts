/** What a route table looks like, changed in place and replaced. */
import { examplesOf, needed } from '../kit/index.ts'
import { routeTable } from './route-table.ts'

export const routeTableExamples = examplesOf(routeTable, {
  needs: {
    vpc: { table: 'vpc', row: { cidr_block: '10.40.0.0/16' } },
    other: { table: 'vpc', row: { cidr_block: '10.41.0.0/16' } },
  },
  base: { vpc_id: needed('vpc'), tags: { Name: 'public' } },
  update: { tags: { Name: 'public', team: 'network' } },
  replace: { vpc_id: needed('other') },
})
