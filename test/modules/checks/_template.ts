/** Whether the thing of a row exists, asked by its name. */
import { DescribeKeyPairsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(client(EC2Client).send(new DescribeKeyPairsCommand({ KeyNames: [String(row.name)] })))
