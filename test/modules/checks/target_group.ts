/** Whether the target group of a row exists, asked by its ARN. */
import {
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = ({ target_group_arn }: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(
    client(ElasticLoadBalancingV2Client).send(
      new DescribeTargetGroupsCommand({ TargetGroupArns: [String(target_group_arn)] }),
    ),
  )
