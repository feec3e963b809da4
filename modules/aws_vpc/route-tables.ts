/** Route tables as EC2 lists them: the one call that also tells of their routes and associations. */
import { DescribeRouteTablesCommand, type RouteTable } from '@aws-sdk/client-ec2'
import type { Kind } from '../kit/ec2/describe.ts'

/** EC2's most for a page of route tables. */
const tablesPerPage = 100

export const routeTables: Kind<RouteTable> = {
  pages: (Filters, ec2) =>
    ec2.pages(
      DescribeRouteTablesCommand,
      Filters ? { Filters } : { MaxResults: tablesPerPage },
      (page) => page.RouteTables,
    ),
  idFilter: 'route-table-id',
  idColumn: 'route_table_id',
}

export const mainOf = (vpcId: string) => [
  { Name: 'vpc-id', Values: [vpcId] },
  { Name: 'association.main', Values: ['true'] },
]

export const isMain = (table: RouteTable): boolean =>
  table.Associations?.some((association) => association.Main) ?? false
