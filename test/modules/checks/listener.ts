/** Whether the listener of a row exists: some load balancer has its ARN. */
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { CheckRow, ClientOf } from '../check.ts'

export async function exists({ listener_arn }: CheckRow, client: ClientOf): Promise<boolean> {
  const elb = client(ElasticLoadBalancingV2Client)
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}))
  for (const { LoadBalancerArn } of LoadBalancers) {
    const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))
    if (Listeners.some(({ ListenerArn }) => ListenerArn === listener_arn)) return true
  }
  return false
}
