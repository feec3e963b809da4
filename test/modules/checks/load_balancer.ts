/** Whether the load balancer of a row exists, asked by its ARN. */
import {
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = ({ load_balancer_arn }: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(
    client(ElasticLoadBalancingV2Client).send(
      new DescribeLoadBalancersCommand({ LoadBalancerArns: [String(load_balancer_arn)] }),
    ),
  )
