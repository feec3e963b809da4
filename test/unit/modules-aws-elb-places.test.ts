/** Places of rules where the service does not trade them: who is in the way steps aside, and only then. */
import {
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
  PriorityInUseException,
  RuleNotFoundException,
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
  { arn: 'a', to: 2 },
  { arn: 'b', to: 1 },
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

test('one whose place is another’s is left out with those that wait for its own; the others trade theirs', async () => {
  elb.on(SetRulePrioritiesCommand).rejectsOnce(inUse).resolves({})
  listed({ a: 1, b: 2, c: 3, d: 4, stranger: 5 })
  const moves = [...trade, { arn: 'c', to: 4 }, { arn: 'd', to: 5 }]

  const left = await moveRules(moves, 'listener', api)

  expect([...left].map(([arn, { message }]) => `${arn}: ${message}`)).toEqual([
    expect.stringMatching(/^d: place 5 is taken by stranger: .*in use/),
    'c: place 4 is taken by d, which does not leave it',
  ])
  expect(asked()).toEqual([
    ['a 2', 'b 1', 'c 4', 'd 5'],
    ['a 2', 'b 1'],
  ])
})

test('of a trade whose places another has nobody steps aside', async () => {
  elb.on(SetRulePrioritiesCommand).rejects(inUse)
  listed({ a: 1, b: 3, c: 2 })

  const left = await moveRules(trade, 'listener', api)

  expect([...left.keys()]).toEqual(['a', 'b'])
  expect(asked()).toHaveLength(1)
})

test('a rule that is gone is left out alone', async () => {
  const gone = new RuleNotFoundException({ message: 'gone', $metadata: { httpStatusCode: 400 } })
  elb.on(SetRulePrioritiesCommand).rejectsOnce(gone).resolves({})
  listed({ a: 1, b: 2 })

  const left = await moveRules([...trade, { arn: 'x', to: 9 }], 'listener', api)

  expect([...left.keys()]).toEqual(['x'])
  expect(asked().at(-1)).toEqual(['a 2', 'b 1'])
})

test('what is wrong with no place is the refusal of all', async () => {
  elb.on(SetRulePrioritiesCommand).rejects(inUse)
  listed({ a: 1 })

  await expect(moveRules([{ arn: 'a', to: 2 }], 'listener', api)).rejects.toThrow('in use')
})

const secondTry = () =>
  elb.on(SetRulePrioritiesCommand).rejectsOnce(inUse).resolvesOnce({}).rejectsOnce(inUse)

test('rules that stepped aside in vain go back', async () => {
  secondTry().resolves({})
  listed({ a: 1, b: 2 })

  await expect(moveRules(trade, 'listener', api)).rejects.toThrow('in use')

  expect(asked().at(-1)).toEqual(['a 1', 'b 2'])
})

test('where they cannot, the refusal tells where they stand', async () => {
  secondTry().rejects(inUse)
  listed({ a: 1, b: 2 })

  await expect(moveRules(trade, 'listener', api)).rejects.toThrow('a at 50000, b at 49999')
})
