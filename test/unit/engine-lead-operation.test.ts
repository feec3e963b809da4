import { expect, test } from 'vitest'
import type { StepKind } from '#engine/order/step.ts'
import { leadOperation } from '#engine/throttle/lead-operation.ts'

const gateway = [
  'DescribeInternetGateways',
  'CreateInternetGateway',
  'AttachInternetGateway',
  'DetachInternetGateway',
  'CreateTags',
  'DeleteTags',
  'DeleteInternetGateway',
]
const queue = ['ListQueues', 'CreateQueue', 'SetQueueAttributes', 'TagQueue', 'UntagQueue', 'DeleteQueue']
const association = ['AssociateRouteTable', 'ReplaceRouteTableAssociation', 'DisassociateRouteTable']
const record = ['ListResourceRecordSets', 'ChangeResourceRecordSets']
const rule = ['AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules', 'RevokeSecurityGroupIngress']

test.each<readonly [StepKind, readonly string[], string | undefined]>([
  ['create', gateway, 'CreateInternetGateway'],
  ['delete', gateway, 'DeleteInternetGateway'],
  ['update', gateway, 'CreateTags'],
  ['create', queue, 'CreateQueue'],
  ['update', queue, 'SetQueueAttributes'],
  ['adopt', queue, 'SetQueueAttributes'],
  ['create', association, 'AssociateRouteTable'],
  ['delete', association, 'DisassociateRouteTable'],
  ['create', record, 'ChangeResourceRecordSets'],
  ['delete', record, 'ChangeResourceRecordSets'],
  ['create', rule, 'AuthorizeSecurityGroupIngress'],
  ['delete', rule, 'RevokeSecurityGroupIngress'],
  ['create', ['DescribeInstances', 'RunInstances', 'TerminateInstances'], 'RunInstances'],
  ['delete', ['DescribeInstances', 'RunInstances', 'TerminateInstances'], 'TerminateInstances'],
  ['forget', queue, undefined],
  ['companion', gateway, undefined],
  ['create', ['DescribeRegions'], undefined],
])('the lead of a %s by %j is %s', (kind, operations, expected) => {
  expect(leadOperation(operations, kind)).toBe(expected)
})
