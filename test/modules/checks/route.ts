/** Whether some route table has the destination of a row, to the gateway that it names. */
import { DescribeRouteTablesCommand } from '@aws-sdk/client-ec2'
import type { CheckClients, CheckRow } from './clients.ts'

/** The row's references are row ids, which no cloud knows: destinations of examples are unique instead. */
export async function exists(row: CheckRow, { ec2 }: CheckClients): Promise<boolean> {
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({}))
  return RouteTables.some((table) =>
    table.Routes?.some(
      (route) => route.Origin === 'CreateRoute' && route.DestinationCidrBlock === row.destination,
    ),
  )
}
