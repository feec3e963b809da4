/** Whether the route table of a row exists, asked by its id. */
import { DescribeRouteTablesCommand } from '@aws-sdk/client-ec2'
import { type CheckClients, type CheckRow, isThere } from './clients.ts'

export const exists = (row: CheckRow, { ec2 }: CheckClients): Promise<boolean> =>
  isThere(ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [String(row.route_table_id)] })))
