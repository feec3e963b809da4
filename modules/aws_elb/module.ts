/** Load balancers and what they send requests to. */
import { defineModule } from '../kit/index.ts'
import { listenerRuleTargetGroup, listenerTargetGroup } from './action-columns.ts'
import { leftOut } from './left-out.ts'
import { fixedListenerExamples, listenerExamples, secureListenerExamples } from './listener.examples.ts'
import { listener } from './listener.ts'
import { listenerCertificateExamples } from './listener-certificate.examples.ts'
import { listenerCertificate } from './listener-certificate.ts'
import { listenerRuleExamples } from './listener-rule.examples.ts'
import { listenerRule } from './listener-rule.ts'
import { loadBalancerExamples, networkLoadBalancerExamples } from './load-balancer.examples.ts'
import { loadBalancer } from './load-balancer.ts'
import { loadBalancerSecurityGroup, loadBalancerSubnet } from './load-balancer-lines.ts'
import { targetGroupExamples } from './target-group.examples.ts'
import { targetGroup } from './target-group.ts'

export const awsElb = defineModule({
  name: 'aws_elb',
  version: '0.1.0',
  requires: ['aws_account', 'aws_vpc', 'aws_security_group'],
  tables: [targetGroup, loadBalancer, listener, listenerCertificate, listenerRule],
  sql: [loadBalancerSubnet, loadBalancerSecurityGroup, listenerTargetGroup, listenerRuleTargetGroup],
  examples: [
    targetGroupExamples,
    loadBalancerExamples,
    networkLoadBalancerExamples,
    listenerExamples,
    fixedListenerExamples,
    secureListenerExamples,
    listenerCertificateExamples,
    listenerRuleExamples,
  ],
  leftOut,
})
