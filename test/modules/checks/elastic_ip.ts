/** Whether the address of a row is still allocated, asked by its allocation. */
import { DescribeAddressesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(
    client(EC2Client).send(new DescribeAddressesCommand({ AllocationIds: [String(row.allocation_id)] })),
  )
