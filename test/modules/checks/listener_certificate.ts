/** Whether some listener has the certificate of a row beside its own. */
import {
  DescribeListenerCertificatesCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { CheckRow, ClientOf } from '../check.ts'

/** The row names its listener by a row id, which no cloud knows: certificates of examples are unique instead. */
export async function exists({ certificate_arn }: CheckRow, client: ClientOf): Promise<boolean> {
  const elb = client(ElasticLoadBalancingV2Client)
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}))
  for (const { LoadBalancerArn } of LoadBalancers) {
    const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))
    for (const { ListenerArn } of Listeners) {
      const { Certificates = [] } = await elb.send(new DescribeListenerCertificatesCommand({ ListenerArn }))
      if (Certificates.some((one) => !one.IsDefault && one.CertificateArn === certificate_arn)) return true
    }
  }
  return false
}
