/** Whether the internet gateway of a row exists, asked by its id. */
import { DescribeInternetGatewaysCommand } from '@aws-sdk/client-ec2'
import { type CheckClients, type CheckRow, isThere } from './clients.ts'

export const exists = (row: CheckRow, { ec2 }: CheckClients): Promise<boolean> =>
  isThere(
    ec2.send(new DescribeInternetGatewaysCommand({ InternetGatewayIds: [String(row.internet_gateway_id)] })),
  )
