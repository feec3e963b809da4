/** Whether the NAT gateway of a row stands; EC2 shows a deleted one for about an hour. */
import { DescribeNatGatewaysCommand, EC2Client } from '@aws-sdk/client-ec2'
import type { CheckRow, ClientOf } from '../check.ts'

export async function exists(row: CheckRow, client: ClientOf): Promise<boolean> {
  const Filter = [{ Name: 'nat-gateway-id', Values: [String(row.nat_gateway_id)] }]
  const { NatGateways = [] } = await client(EC2Client).send(new DescribeNatGatewaysCommand({ Filter }))
  return NatGateways.some(({ State }) => State === 'pending' || State === 'available')
}
