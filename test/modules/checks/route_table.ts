/** Whether the route table of a row exists, asked by its id. */
import { DescribeRouteTablesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(
    client(EC2Client).send(new DescribeRouteTablesCommand({ RouteTableIds: [String(row.route_table_id)] })),
  )
