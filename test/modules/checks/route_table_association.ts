/** Whether the association of a row exists, found among those of all route tables. */
import { DescribeRouteTablesCommand } from '@aws-sdk/client-ec2'
import type { CheckClients, CheckRow } from './clients.ts'

export async function exists(row: CheckRow, { ec2 }: CheckClients): Promise<boolean> {
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({}))
  const ids = RouteTables.flatMap((table) => table.Associations ?? []).map(
    (each) => each.RouteTableAssociationId,
  )
  return ids.includes(String(row.route_table_association_id))
}
