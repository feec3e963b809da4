/** Places of rules where the service does not trade them: who is in the way steps aside, and only then. */
import {
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
  PriorityInUseException,
  SetRulePrioritiesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { moveRules } from '#modules/aws_elb/rule-places.ts'

const elb = mockClient(ElasticLoadBalancingV2Client)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'eu-west-1' }
const api = cloud.api(ElasticLoadBalancingV2Client, place, AbortSignal.timeout(5_000))

const inUse = new PriorityInUseException({ message: 'in use', $metadata: { httpStatusCode: 400 } })
const trade = [
  { arn: 'a', from: 1, to: 2 },
  { arn: 'b', from: 2, to: 1 },
]
const listed = (rules: Readonly<Record<string, number>>) =>
  elb.on(DescribeRulesCommand).resolves({
    Rules: Object.entries(rules).map(([RuleArn, priority]) => ({ RuleArn, Priority: String(priority) })),
  })
const asked = () =>
  elb
    .commandCalls(SetRulePrioritiesCommand)
    .map(({ args }) => args[0].input.RulePriorities?.map(({ RuleArn, Priority }) => `${RuleArn} ${Priority}`))

beforeEach(() => elb.reset())

test('rules in each other’s way step aside to places that are free, and take their own then', async () => {
  elb.on(SetRulePrioritiesCommand).rejectsOnce(inUse).resolves({})
  listed({ a: 1, b: 2, c: 50_000 })

  await moveRules(trade, 'listener', api)

  expect(asked()).toEqual([
    ['a 2', 'b 1'],
    ['a 49999', 'b 49998'],
    ['a 2', 'b 1'],
  ])
})

test.each([
  ['a place that a rule beside them has', { a: 1, b: 3, c: 2 }, [{ arn: 'a', from: 1, to: 2 }]],
  ['a place among theirs that another has taken', { a: 1, b: 3, c: 2 }, trade],
])('nobody steps aside for %s', async (_, rules, moves) => {
  elb.on(SetRulePrioritiesCommand).rejects(inUse)
  listed(rules)

  await expect(moveRules(moves, 'listener', api)).rejects.toThrow('in use')

  expect(asked()).toHaveLength(1)
})
