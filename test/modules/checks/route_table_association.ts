/** Whether the association of a row exists, found among those of all route tables. */
import { DescribeRouteTablesCommand, EC2Client } from '@aws-sdk/client-ec2'
import type { CheckRow, ClientOf } from '../check.ts'

export async function exists(row: CheckRow, client: ClientOf): Promise<boolean> {
  const { RouteTables = [] } = await client(EC2Client).send(new DescribeRouteTablesCommand({}))
  const ids = RouteTables.flatMap((table) => table.Associations ?? []).map(
    (each) => each.RouteTableAssociationId,
  )
  return ids.includes(String(row.route_table_association_id))
}
