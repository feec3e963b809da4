/** Whether some route table has the destination of a row, to the gateway that it names. */
import { DescribeRouteTablesCommand, EC2Client } from '@aws-sdk/client-ec2'
import type { CheckRow, ClientOf } from '../check.ts'

/** The row's references are row ids, which no cloud knows: destinations of examples are unique instead. */
export async function exists(row: CheckRow, client: ClientOf): Promise<boolean> {
  const { RouteTables = [] } = await client(EC2Client).send(new DescribeRouteTablesCommand({}))
  return RouteTables.some((table) =>
    table.Routes?.some(
      (route) => route.Origin === 'CreateRoute' && route.DestinationCidrBlock === row.destination,
    ),
  )
}
