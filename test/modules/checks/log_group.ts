/** Whether the log group of a row exists, asked for its streams. */
import { CloudWatchLogsClient, DescribeLogStreamsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(
    client(CloudWatchLogsClient).send(
      new DescribeLogStreamsCommand({ logGroupName: String(row.log_group_name), limit: 1 }),
    ),
  )
