/** Each module says all that the writes of AWS take, or why not. */
import { describe, expect, test } from 'vitest'
import { templateModule } from '#modules/_template/module.ts'
import { findModule, modules } from '#modules/registry.ts'
import {
  argumentsMissing,
  neverCalled,
  ofEveryCall,
  sourcesOf,
  unsaid,
} from '../modules/command-arguments.ts'

const all = [...modules, templateModule]
const missing = new Map(all.map((module) => [module.name, argumentsMissing(module)]))

const isOfEveryCall = (path: string): boolean => ofEveryCall.has(path.split('.').at(-1) ?? '')

describe.each(all.map((module) => [module.name, module] as const))('%s', (name, module) => {
  const declared = module.leftOut.flatMap(unsaid)
  const found = (missing.get(name) ?? []).filter((path) => !isOfEveryCall(path))

  test('an argument of a write is said by a call, or left out for a reason', () => {
    expect(found.filter((path) => !declared.includes(path))).toEqual([])
  })

  test('what is left out is there to be said, once, and no call says it', () => {
    const possible = new Set([...found, ...neverCalled(module)])

    expect(declared.filter((path) => !possible.has(path))).toEqual([])
    expect(declared.filter((path, at) => declared.indexOf(path) < at)).toEqual([])
    expect(module.leftOut.filter(({ because }) => !/^[A-Z].*\.$/.test(because))).toEqual([])
  })
})

test('how a call is made is an argument of some call, and no call says it everywhere', () => {
  const names = [...missing.values()].flat().map((path) => path.split('.').at(-1))

  expect([...ofEveryCall].filter((name) => !names.includes(name))).toEqual([])
})

const shares = [
  'CreateListener.DefaultActions',
  'ModifyListener.DefaultActions',
  'CreateRule.Actions',
  'ModifyRule.Actions',
]

test.each([
  ['an argument', 'aws_sqs', 'QueueName: want.name,', ['CreateQueue.QueueName']],
  [
    'what a function gives',
    'aws_vpc',
    'NatGatewayId: want.nat_gateway_id ?? undefined,',
    ['CreateRoute.NatGatewayId', 'ReplaceRoute.NatGatewayId'],
  ],
  [
    'what is deep within',
    'aws_elb',
    'Weight: weight,',
    shares.map((path) => `${path}.ForwardConfig.TargetGroups.Weight`),
  ],
  [
    'what columns are named for',
    'aws_vpc',
    "enable_dns64: 'EnableDns64',",
    ['ModifySubnetAttribute.EnableDns64'],
  ],
  [
    'an attribute that only documentation names',
    'aws_sqs',
    "delay_seconds: 'DelaySeconds',",
    ['CreateQueue.Attributes.DelaySeconds', 'SetQueueAttributes.Attributes.DelaySeconds'],
  ],
])('%s is missed when a module says it no longer', (_, name, said, missed) => {
  const module = findModule(name)
  if (!module) throw new Error(`no module ${name}`)
  const sources = sourcesOf(module).map((source) => source.replace(said, ''))

  const more = argumentsMissing(module, sources).filter((path) => !missing.get(name)?.includes(path))

  expect([...more].sort()).toEqual([...missed].sort())
})
