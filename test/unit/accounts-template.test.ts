/** The template of the roles of a linked account: what they may do, and that nobody gets further by them. */
import { describe, expect, test } from 'vitest'
import { modules } from '#modules/registry.ts'
import { shortened } from '#operations/accounts/boundary-policy.ts'
import { inPolicies, sizeOf } from '#operations/accounts/policy-statements.ts'
import { type Access, roleTemplate } from '#operations/accounts/role-template.ts'
import { serviceOf } from '#operations/limits/limited-cloud.ts'
import { isAllowed, type Statement } from '../support/iam-evaluation.ts'
import { boundaryOf, deployedAccount, policiesOf, resolved } from '../support/resolved-template.ts'

const callsOf = (...names: readonly string[]) =>
  modules
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .flatMap(({ tables, rpc }) => [...tables.flatMap(({ mapper }) => mapper ?? []), ...rpc])
    .flatMap(({ client, operations }) =>
      operations.map((operation) => ({ service: serviceOf(client), operation })),
    )
const principal = 'arn:aws:iam::111111111111:role/iasql-platform'
const template = (access: Access, calls = callsOf()) =>
  roleTemplate({ access, alias: 'shop', principal, externalId: 'iasql-0123', calls })
const both = resolved(template('both'))
const arn = (name: string) => `arn:aws:iam::${deployedAccount}:${name}`
const boundary = arn('policy/iasql-shop-boundary')
const actionsIn = (statements: readonly Statement[]): readonly string[] =>
  statements.flatMap(({ Effect, Action = [] }) => (Effect === 'Allow' ? [Action].flat() : []))

/** As AWS decides for the role that writes: by its own policies and under its boundary. */
const mayWrite = (action: string, resource: string, context: Record<string, string> = {}): boolean =>
  [policiesOf(both, 'WriteRole'), boundaryOf(both)].every((statements) =>
    isAllowed(statements, { action, resource, context }),
  )
/** What a role may do at most that was made under the boundary, whatever its own policies say. */
const mayWorkload = (action: string, resource: string, context: Record<string, string> = {}): boolean =>
  isAllowed(boundaryOf(both), { action, resource, context })

describe('who may become the roles', () => {
  test('is one role of ours, with the identifier of the tenant', () => {
    for (const role of ['ReadRole', 'WriteRole'])
      expect(both.Resources[role]?.Properties.AssumeRolePolicyDocument?.Statement).toEqual([
        {
          Effect: 'Allow',
          Principal: { AWS: principal },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:ExternalId': 'iasql-0123' } },
        },
      ])
  })

  test('is told by outputs that iasql_account_link takes', () => {
    expect(Object.keys(both.Outputs)).toEqual(['ReadRoleArn', 'WriteRoleArn'])
    expect(Object.keys(resolved(template('read')).Outputs)).toEqual(['ReadRoleArn'])
    expect(Object.keys(resolved(template('write')).Outputs)).toEqual(['WriteRoleArn'])
  })
})

describe('the rights', () => {
  test('of reading change nothing', () => {
    const actions = actionsIn(policiesOf(both, 'ReadRole'))

    expect(actions.length).toBeGreaterThan(50)
    for (const action of actions) expect(action).toMatch(/:(Describe|Get|List|Lookup)/)
    expect(resolved(template('read')).Resources.Boundary).toBeUndefined()
  })

  test('are those of the modules that are installed, and no others', () => {
    const queues = resolved(template('both', callsOf('aws_sqs')))

    const actions = ['ReadRole', 'WriteRole'].flatMap((role) => actionsIn(policiesOf(queues, role)))

    expect(actions.toSorted()).toEqual([
      'sqs:CreateQueue',
      'sqs:DeleteQueue',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ListQueueTags',
      'sqs:ListQueues',
      'sqs:SetQueueAttributes',
      'sqs:TagQueue',
      'sqs:UntagQueue',
    ])
  })

  test('have no star for an action, nor for a service', () => {
    for (const { Type, Properties } of Object.values(both.Resources)) {
      if (Type !== 'AWS::IAM::ManagedPolicy') continue
      for (const action of actionsIn(Properties.PolicyDocument?.Statement ?? []))
        expect(action).not.toMatch(/^\*$|:\*$/)
    }
    for (const role of ['ReadRole', 'WriteRole'])
      for (const action of actionsIn(policiesOf(both, role))) expect(action).not.toContain('*')
  })

  test('lie in the account alone', () => {
    expect(mayWrite('sqs:CreateQueue', `arn:aws:sqs:eu-west-1:${deployedAccount}:jobs`)).toBe(true)
    expect(mayWrite('sqs:CreateQueue', 'arn:aws:sqs:eu-west-1:999999999999:jobs')).toBe(false)
  })

  test('fit into as many policies as they need', () => {
    const policies = Object.values(both.Resources).filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy')

    for (const { Properties } of policies) {
      const document = JSON.stringify(Properties.PolicyDocument)
      expect(document.length).toBeLessThanOrEqual(6_144)
    }
    for (const role of ['ReadRole', 'WriteRole'])
      expect(both.Resources[role]?.Properties.ManagedPolicyArns?.length).toBeLessThanOrEqual(10)
  })
})

describe('the boundary', () => {
  const bounded = { 'iam:PermissionsBoundary': boundary }
  const made = arn('role/iasql/worker')

  test('lets iasql make roles under it, and nothing else make them', () => {
    expect(mayWrite('iam:CreateRole', made, bounded)).toBe(true)
    expect(mayWrite('iam:CreateRole', made)).toBe(false)
    expect(mayWrite('iam:CreateRole', made, { 'iam:PermissionsBoundary': arn('policy/other') })).toBe(false)
    expect(mayWrite('iam:AttachRolePolicy', made, bounded)).toBe(true)
    expect(mayWrite('iam:AttachRolePolicy', made)).toBe(false)
  })

  test.each([
    ['takes off a boundary', 'iam:DeleteRolePermissionsBoundary', made, bounded],
    ['takes off the boundary of a user', 'iam:DeleteUserPermissionsBoundary', arn('user/iasql/u'), bounded],
    ['changes the boundary itself', 'iam:CreatePolicyVersion', boundary, {}],
    ['deletes the boundary', 'iam:DeletePolicy', boundary, {}],
    ['changes its own role', 'iam:PutRolePolicy', arn('role/iasql-shop-write'), bounded],
    ['changes whom its own role trusts', 'iam:UpdateAssumeRolePolicy', arn('role/iasql-shop-write'), {}],
    ['changes a policy of its own', 'iam:CreatePolicyVersion', arn('policy/iasql-shop-write-1'), {}],
    ['takes over a role of others', 'iam:UpdateAssumeRolePolicy', arn('role/admin'), {}],
    ['takes over a user of others', 'iam:CreateAccessKey', arn('user/admin'), {}],
    ['changes a policy of others', 'iam:CreatePolicyVersion', arn('policy/admins'), {}],
    [
      'gives a role of others to a container',
      'iam:PassRole',
      arn('role/admin'),
      { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    ],
    [
      'gives a role to a service that it does not work with',
      'iam:PassRole',
      made,
      { 'iam:PassedToService': 'glue.amazonaws.com' },
    ],
    ['becomes another role', 'sts:AssumeRole', arn('role/admin'), {}],
    [
      'reads secrets',
      'secretsmanager:GetSecretValue',
      `arn:aws:secretsmanager:eu-west-1:${deployedAccount}:secret:x`,
      {},
    ],
  ])('never %s', (_, action, resource, context) => {
    expect(mayWrite(action, resource, context)).toBe(false)
    expect(mayWorkload(action, resource, context)).toBe(false)
  })

  test('keeps all that also when its owner lets it change every role', () => {
    const open = resolved(template('both'), { ManagedNames: '*' })
    const may = (action: string, resource: string, context: Record<string, string> = {}) =>
      isAllowed(boundaryOf(open), { action, resource, context })

    expect(may('iam:CreateRole', arn('role/any'), bounded)).toBe(true)
    expect(may('iam:CreateRole', arn('role/any'))).toBe(false)
    expect(may('iam:PutRolePolicy', arn('role/iasql-shop-write'), bounded)).toBe(false)
    expect(may('iam:CreatePolicyVersion', boundary)).toBe(false)
    expect(may('iam:DeleteRolePermissionsBoundary', arn('role/any'), bounded)).toBe(false)
  })

  test('lets roles do what the account’s owner adds', () => {
    const open = resolved(template('both'), { WorkloadActions: 'dynamodb:GetItem,logs:PutLogEvents' })
    const item = {
      action: 'dynamodb:GetItem',
      resource: `arn:aws:dynamodb:eu-west-1:${deployedAccount}:table/t`,
    }

    expect(isAllowed(boundaryOf(both), item)).toBe(false)
    expect(isAllowed(boundaryOf(open), item)).toBe(true)
  })

  test('lets the role that writes do all that its policies say', () => {
    for (const { Action = [], Resource = '*', Condition } of policiesOf(both, 'WriteRole')) {
      const context = Object.fromEntries(
        Object.values(Condition ?? {}).flatMap((keys) =>
          Object.entries(keys).map(([key, value]) => [key, [value].flat()[0] ?? '']),
        ),
      )
      for (const action of [Action].flat())
        for (const resource of [Resource].flat())
          expect([action, isAllowed(boundaryOf(both), { action, resource, context })]).toEqual([action, true])
    }
  })
})

describe('room', () => {
  test('is made by verbs, the largest families first, and never by all reads', () => {
    const actions = ['a:CreateOne', 'a:CreateTwo', 'a:CreateThree', 'a:GetOne', 'a:GetTwo', 'a:PutOne']

    expect(shortened(actions, 1_000)).toEqual(actions.toSorted())
    expect(shortened(actions, 60)).toEqual(['a:Create*', 'a:GetOne', 'a:GetTwo', 'a:PutOne'])
    expect(shortened(actions, 10)).toEqual(['a:Create*', 'a:GetOne', 'a:GetTwo', 'a:PutOne'])
  })

  test('is refused where there is none, with what to do', () => {
    const calls = Array.from({ length: 400 }, (_, index) => ({
      service: 'Other',
      operation: `GetKind${index}`,
    }))

    expect(() => template('both', calls)).toThrow('more actions than one permission boundary has room for')
    expect(
      policiesOf(resolved(template('read', calls)), 'ReadRole').flatMap(({ Action = [] }) => Action),
    ).toHaveLength(400)
  })

  test('is found by dividing what is too large for one policy', () => {
    const Action = Array.from({ length: 100 }, (_, index) => `service:Operation${index}`)
    const statement = { Effect: 'Allow', Action, Resource: '*' } as const

    const policies = inPolicies([statement], 1_000)

    for (const policy of policies) expect(sizeOf(policy)).toBeLessThanOrEqual(1_000)
    expect(policies.flat().flatMap((part) => part.Action)).toEqual(Action)
  })
})
