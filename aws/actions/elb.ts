/**
 * Load balancers. Descriptions know no resource; tags of a create need the right to tag.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
 */
import {
  anything,
  inAccount,
  type ServiceActions,
  same,
  sameWith,
  serviceLinkedRole,
} from './action-group.ts'

const prefix = 'elasticloadbalancing'
const kinds = ['listener', 'listener-rule', 'loadbalancer', 'targetgroup']

export const elbActions: ServiceActions = {
  service: 'Elastic Load Balancing v2',
  plainReads: prefix,
  groups: [
    {
      on: anything,
      actions: same(
        prefix,
        'DescribeListenerCertificates',
        'DescribeListeners',
        'DescribeLoadBalancerAttributes',
        'DescribeLoadBalancers',
        'DescribeRules',
        'DescribeTags',
        'DescribeTargetGroupAttributes',
        'DescribeTargetGroups',
      ),
    },
    {
      on: inAccount(prefix, ...kinds.map((kind) => `${kind}/*`)),
      actions: {
        ...sameWith(
          prefix,
          [`${prefix}:AddTags`],
          'CreateListener',
          'CreateLoadBalancer',
          'CreateRule',
          'CreateTargetGroup',
        ),
        ...same(
          prefix,
          'AddListenerCertificates',
          'AddTags',
          'DeleteListener',
          'DeleteLoadBalancer',
          'DeleteRule',
          'DeleteTargetGroup',
          'ModifyListener',
          'ModifyLoadBalancerAttributes',
          'ModifyRule',
          'ModifyTargetGroup',
          'ModifyTargetGroupAttributes',
          'RemoveListenerCertificates',
          'RemoveTags',
          'SetIpAddressType',
          'SetRulePriorities',
          'SetSecurityGroups',
          'SetSubnets',
        ),
      },
    },
    serviceLinkedRole(`${prefix}.amazonaws.com`, 'CreateLoadBalancer'),
  ],
}
