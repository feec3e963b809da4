/** The table from SDK operations to IAM actions is whole, and has nothing in it that no module needs. */
import { expect, test } from 'vitest'
import { actionsOf, actionTable, grantsOf } from '#aws/actions/actions-of.ts'
import { modules } from '#modules/registry.ts'
import { productCalls } from '#operations/accounts/template-call.ts'
import { serviceOf } from '#operations/limits/limited-cloud.ts'

const called = [
  ...modules
    .flatMap(({ tables, rpc }) => [...tables.flatMap(({ mapper }) => mapper ?? []), ...rpc])
    .flatMap(({ client, operations }) =>
      operations.map((operation) => ({ service: serviceOf(client), operation })),
    ),
  ...productCalls,
]
const nameOf = ({ service, operation }: (typeof called)[number]) => `${service} ${operation}`
const listed = actionTable.flatMap(({ service, groups, withheld = {} }) =>
  [...groups.map(({ actions }) => actions), withheld].flatMap((actions) =>
    Object.keys(actions).map((operation) => ({ service, operation })),
  ),
)

test('has every operation that a mapper or a function of a module calls', () => {
  const known = new Set(listed.map(nameOf))

  expect([...new Set(called.map(nameOf))].filter((name) => !known.has(name))).toEqual([])
})

test('has no operation that nothing calls', () => {
  const used = new Set(called.map(nameOf))

  expect([...new Set(listed.map(nameOf))].filter((name) => !used.has(name))).toEqual([])
})

test('names every action whole, of one service', () => {
  const actions = listed.flatMap(({ service, operation }) => actionsOf(service, operation))

  for (const action of actions) expect(action).toMatch(/^[a-z0-9-]+:[A-Z][A-Za-z]+$/)
})

test('asks for any resource only by actions that change nothing, or that know none', () => {
  const onAnything = listed
    .flatMap(({ service, operation }) => grantsOf(service, operation))
    .filter(({ on }) => on.includes('*'))
    .flatMap(({ actions }) => actions)
  const writes = onAnything.filter((action) => !/:(Describe|Get|List|Lookup)/.test(action))

  // The service authorization reference gives no resource for these.
  expect([...new Set(writes)].sort()).toEqual([
    'ecs:CreateCluster',
    'ecs:DeregisterTaskDefinition',
    'ecs:RegisterTaskDefinition',
    'sns:SetSubscriptionAttributes',
    'sns:Unsubscribe',
  ])
})

test.each([
  ['S3', 'ListBuckets', ['s3:ListAllMyBuckets']],
  ['S3', 'DeleteBucketCors', ['s3:PutBucketCORS']],
  ['S3', 'HeadObject', ['s3:ListBucket', 's3:GetObject']],
  ['EC2', 'CreateVpc', ['ec2:CreateVpc', 'ec2:CreateTags']],
  ['ECS', 'RegisterTaskDefinition', ['ecs:RegisterTaskDefinition', 'ecs:TagResource', 'iam:PassRole']],
  ['IAM', 'DeleteRolePermissionsBoundary', ['iam:DeleteRolePermissionsBoundary']],
  ['SomeNew Service', 'MakeThing', ['somenewservice:MakeThing']],
])('knows what %s %s needs', (service, operation, actions) => {
  expect(actionsOf(service, operation)).toEqual(actions)
})

test('passes roles on only to the services that take them', () => {
  const passing = listed
    .flatMap(({ service, operation }) => grantsOf(service, operation))
    .filter(({ actions }) => actions.includes('iam:PassRole'))

  expect(passing.length).toBeGreaterThan(0)
  for (const { when, on } of passing) {
    expect(Object.keys(when?.StringEquals ?? {})).toEqual(['iam:PassedToService'])
    expect(on).toEqual(['arn:${Partition}:iam::${Account}:role/${Managed}'])
  }
})
