/** Whether the security group of a row exists, asked by its id. */
import { DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(client(EC2Client).send(new DescribeSecurityGroupsCommand({ GroupIds: [String(row.group_id)] })))
