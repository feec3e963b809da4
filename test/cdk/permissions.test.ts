import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { functionNames } from '../../cdk/functions.ts'
import { listOf, statementsIn, synthesize } from './synthesis.ts'

/** Actions that know no resource, by the service authorization reference. */
const withoutResource = new Set([
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
])

const { template, dispose } = synthesize()
afterAll(dispose)
const statements = statementsIn(template)

/** Who may do `action` with a resource whose ARN has `part` in it. */
const holders = (action: string, part = '') =>
  [
    ...new Set(
      statements
        .filter(({ statement }) => listOf(statement.Action).includes(action))
        .filter(({ statement }) => JSON.stringify(statement.Resource).includes(part))
        .map(({ holder }) => holder),
    ),
  ].toSorted()

/** As the template names a function: without hyphens. */
const named = (...names: readonly string[]) => names.map((name) => name.replaceAll('-', '')).toSorted()

test('no policy allows an action by wildcard', () => {
  const actions = statements.flatMap(({ statement }) => listOf(statement.Action))

  expect(actions.length).toBeGreaterThan(40)
  expect(actions.filter((action) => action.includes('*'))).toEqual([])
})

test('a policy names its resources wherever the service knows one', () => {
  const loose = statements
    .filter(({ statement }) => listOf(statement.Resource).includes('*'))
    .flatMap(({ holder, statement }) => listOf(statement.Action).map((action) => ({ holder, action })))

  expect(loose.length).toBeGreaterThan(0)
  expect(loose.filter(({ action }) => !withoutResource.has(action))).toEqual([])
})

test('nobody may make principals, pass roles or change policies', () => {
  const actions = statements.flatMap(({ statement }) => listOf(statement.Action))

  expect(actions.filter((action) => action.startsWith('iam:'))).toEqual([])
})

test('every function but the one that publishes pages reaches the database, and by the Data API alone', () => {
  const reaching = named(...functionNames.filter((name) => name !== 'publish-dashboard'))

  expect(holders('rds-data:ExecuteStatement')).toEqual(reaching)
  expect(holders('secretsmanager:GetSecretValue', 'MasterUserSecret')).toEqual(reaching)
  expect(
    statements.flatMap(({ statement }) => listOf(statement.Action)).filter((action) => /^rds:/.test(action)),
  ).toEqual([])
})

test("only runners, and what upgrades tenants, have tenants' logins", () => {
  for (const login of ['secret:iasql/*/reader-*', 'secret:iasql/*/writer-*']) {
    expect(holders('secretsmanager:GetSecretValue', login)).toEqual(
      named('run-statements', 'execute-statements', 'migrate-platform'),
    )
  }
})

test("only what applies has the keys of tenants' secrets, and only what reads text of runs has the key of that", () => {
  expect(holders('secretsmanager:GetSecretValue', 'secret:iasql/*/secrets-*')).toEqual(
    named('step-execution'),
  )
  expect(holders('secretsmanager:GetSecretValue', 'RunText')).toEqual(
    named('on-message', 'run-statements', 'execute-statements'),
  )
})

test('only what makes tenants or rotates makes logins, and only what deletes tenants takes them away', () => {
  const making = named('migrate-platform', 'run-statements', 'execute-statements', 'rotate-secrets')

  expect(holders('secretsmanager:PutSecretValue')).toEqual(making)
  expect(holders('secretsmanager:DeleteSecret')).toEqual(
    named('run-statements', 'execute-statements', 'recover-runs'),
  )
})

test('only the deployment knows the secret of the first owner', () => {
  expect(holders('secretsmanager:GetSecretValue', 'FirstOwner')).toEqual(named('migrate-platform'))
})

test("only the socket's door, runners and the sweep start a runner, and only runners and the sweep start machines", () => {
  expect(holders('lambda:InvokeFunction', ':iasql-run-statements')).toEqual(
    named('on-message', 'run-statements', 'execute-statements', 'recover-runs'),
  )
  expect(holders('states:StartExecution', ':iasql-execution"')).toEqual(
    expect.arrayContaining(
      named('run-statements', 'execute-statements', 'recover-runs', 'start-drift-checks'),
    ),
  )
  expect(holders('states:StartExecution', ':iasql-run"')).toEqual(
    expect.arrayContaining(named('run-statements', 'recover-runs')),
  )
  expect(holders('states:StartExecution', ':iasql-drift"')).toEqual(named('start-drift-checks'))
})

test("functions post to this API's connections, and only the socket's door and runners close any", () => {
  expect(holders('execute-api:ManageConnections', '/v1/DELETE/@connections/*')).toEqual(
    named('on-message', 'run-statements', 'execute-statements'),
  )
  expect(holders('execute-api:ManageConnections', '/v1/POST/@connections/*')).toEqual(
    named('on-message', 'run-statements', 'execute-statements', 'step-execution', 'recover-runs'),
  )
  expect(holders('execute-api:ManageConnections')).toEqual(
    holders('execute-api:ManageConnections', 'SocketApi'),
  )
})

test('accounts are entered through one role, which only what works in the cloud becomes', () => {
  const roles = template.findResources('AWS::IAM::Role', { Properties: { RoleName: 'iasql-platform' } })
  const [role] = Object.values(roles)
  const trusted = listOf(role?.Properties.AssumeRolePolicyDocument.Statement).flatMap(
    (statement: { Principal: { AWS: unknown } }) => listOf(statement.Principal.AWS),
  )

  expect(holders('sts:AssumeRole', 'role/iasql-platform')).toEqual(
    named('run-statements', 'execute-statements', 'step-execution'),
  )
  expect(JSON.stringify(trusted)).not.toContain('"*"')
  expect(trusted).toHaveLength(3)
  expect(holders('sts:AssumeRole', 'iam::*:role/iasql-*')).toEqual(['Platform'])
})

test('SECURITY.md tells of every function which services it may use, beside those for logs and traces', () => {
  const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8')
  const words = (cell = '') => [...cell.matchAll(/`([\w-]+)`/g)].map(([, word = '']) => word)
  const told = page.split('\n').flatMap((line) => {
    const [, , functions, services] = line.split('|')
    return words(functions)
      .filter((name) => functionNames.some((known) => known === name))
      .map((name) => [name, words(services).toSorted()] as const)
  })
  const servicesOf = (name: string) => {
    const own = statements.filter(({ holder }) => holder === name.replaceAll('-', ''))
    const services = own.flatMap(({ statement }) =>
      listOf(statement.Action).map((action) => action.split(':')[0] ?? ''),
    )
    // The last lays down what failed for good.
    return [...new Set(services)].filter((service) => !['logs', 'xray', 'sqs'].includes(service)).toSorted()
  }

  expect(Object.fromEntries(told)).toEqual(
    Object.fromEntries(functionNames.map((name) => [name, servicesOf(name)])),
  )
})

test('whoever a schedule, an API or a rule is allowed to call is named, with who calls', () => {
  const permissions = Object.values(template.findResources('AWS::Lambda::Permission'))

  expect(permissions.length).toBeGreaterThan(0)
  for (const { Properties } of permissions) {
    expect(Properties.Action).toBe('lambda:InvokeFunction')
    expect(Properties.SourceArn ?? Properties.SourceAccount).toBeDefined()
  }
})
