import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlStack } from '../../cdk/iasql-stack.ts'

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

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

let outdir: string
let template: Template

beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'iasql-cdk-'))
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'))
  const app = new App({ outdir, context: { ...context, 'aws:cdk:bundling-stacks': [] } })
  template = Template.fromStack(new IasqlStack(app, 'iasql'))
})

afterAll(() => rmSync(outdir, { recursive: true, force: true }))

const listOf = <Item>(value: Item | readonly Item[]): readonly Item[] =>
  Array.isArray(value) ? value : [value as Item]

function statements(): { readonly policy: string; readonly statement: Statement }[] {
  return Object.entries(template.findResources('AWS::IAM::Policy')).flatMap(([policy, { Properties }]) =>
    (Properties.PolicyDocument.Statement as Statement[]).map((statement) => ({ policy, statement })),
  )
}

const holderOf = (policy: string) => policy.replace(/ServiceRole.*|RoleDefaultPolicy.*/, '')

test('no policy allows an action by wildcard', () => {
  const actions = statements().flatMap(({ statement }) => listOf(statement.Action))

  expect(actions.length).toBeGreaterThan(20)
  expect(actions.filter((action) => action.includes('*'))).toEqual([])
})

test('a policy names its resources wherever the service knows one', () => {
  const loose = statements()
    .filter(({ statement }) => listOf(statement.Resource).includes('*'))
    .flatMap(({ policy, statement }) => listOf(statement.Action).map((action) => ({ policy, action })))

  expect(loose.filter(({ action }) => !withoutResource.has(action))).toEqual([])
})

test("only runners have tenants' logins, only what applies has their keys, and only the socket's door and the sweep start a runner", () => {
  const holders = (part: string, action: string) =>
    statements()
      .filter(({ statement }) => listOf(statement.Action).includes(action))
      .filter(({ statement }) => JSON.stringify(statement.Resource).includes(part))
      .map(({ policy }) => holderOf(policy))

  for (const login of ['secret:iasql/*/reader-*', 'secret:iasql/*/writer-*']) {
    expect(holders(login, 'secretsmanager:GetSecretValue').sort()).toEqual([
      'Functionsexecutestatements',
      'Functionsrunstatements',
    ])
  }
  expect(holders('secret:iasql/*/secrets-*', 'secretsmanager:GetSecretValue')).toEqual([
    'Functionsstepexecution',
  ])
  expect(holders('RunKey', 'secretsmanager:GetSecretValue').toSorted()).toEqual([
    'Functionsexecutestatements',
    'Functionsonmessage',
    'Functionsrunstatements',
  ])
  expect(holders('Functionsrunstatements', 'lambda:InvokeFunction')).toEqual([
    'Functionsonmessage',
    'Functionsrecoverruns',
  ])
})

test("functions post to this API's connections, and only the socket's door closes one", () => {
  const connections = statements()
    .filter(({ statement }) => listOf(statement.Action).includes('execute-api:ManageConnections'))
    .flatMap(({ policy, statement }) =>
      listOf(statement.Resource).map((resource) => [holderOf(policy), JSON.stringify(resource)] as const),
    )
  const holders = (method: string) =>
    connections.filter(([, arn]) => arn.includes(`/v1/${method}/@connections/*`)).map(([holder]) => holder)

  expect(connections.every(([, arn]) => arn.includes('{"Ref":"SocketApi'))).toBe(true)
  expect(holders('DELETE')).toEqual(['Functionsonmessage'])
  expect(holders('POST').toSorted()).toEqual([
    'Functionsexecutestatements',
    'Functionsonmessage',
    'Functionsrecoverruns',
    'Functionsrunstatements',
    'Functionsstepexecution',
  ])
  expect(connections).toHaveLength(6)
})

test('the database is encrypted, backed up, kept, and reached by the Data API alone', () => {
  template.hasResource('AWS::RDS::DBCluster', {
    DeletionPolicy: 'Retain',
    Properties: {
      Engine: 'aurora-postgresql',
      EngineVersion: Match.stringLikeRegexp('^17\\.'),
      EnableHttpEndpoint: true,
      StorageEncrypted: true,
      KmsKeyId: Match.anyValue(),
      DeletionProtection: true,
      BackupRetentionPeriod: 14,
    },
  })
  template.hasResourceProperties('AWS::RDS::DBInstance', { PubliclyAccessible: false })
  template.resourceCountIs('AWS::EC2::NatGateway', 0)
  template.resourceCountIs('AWS::EC2::InternetGateway', 0)
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0)
})

test('the database never writes a statement into its log', () => {
  template.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', {
    Parameters: Match.objectLike({
      log_statement: 'none',
      log_min_messages: 'log',
      log_min_error_statement: 'panic',
      log_min_duration_statement: '-1',
      log_parameter_max_length: '0',
      log_parameter_max_length_on_error: '0',
      log_error_verbosity: 'terse',
    }),
  })
})

test.each([
  ['authorize', 10],
  ['on-connect', 29],
  ['on-disconnect', 29],
  ['on-message', 29],
  ['run-statements', 900],
  ['execute-statements', 900],
  ['step-execution', 900],
  ['purge-expired', 900],
  ['recover-runs', 55],
])(
  'function %s ends within %i seconds, on ARM, traced, with JSON logs and its environment',
  (name, seconds) => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: `iasql-${name}`,
      Timeout: seconds,
      Architectures: ['arm64'],
      Runtime: 'nodejs24.x',
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: Match.objectLike({ LogFormat: 'JSON' }),
      Environment: {
        Variables: Match.objectLike({
          IASQL_CLUSTER_ARN: Match.anyValue(),
          IASQL_PLATFORM_SECRET_ARN: Match.anyValue(),
          IASQL_DATABASE: 'iasql',
          IASQL_RUN_KEY_SECRET: Match.anyValue(),
          IASQL_RUN_FUNCTION: 'iasql-run-statements',
          IASQL_RUN_MACHINE_ARN: Match.anyValue(),
          IASQL_EXECUTION_MACHINE_ARN: Match.anyValue(),
          IASQL_CONNECTIONS_ENDPOINT: Match.anyValue(),
        }),
      },
    })
  },
)

test('the socket has all three routes, and only $connect asks the authorizer', () => {
  const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => [
    Properties.RouteKey,
    Properties.AuthorizationType ?? 'NONE',
  ])

  expect(routes.toSorted(([one], [other]) => String(one).localeCompare(String(other)))).toEqual([
    ['$connect', 'CUSTOM'],
    ['$default', 'NONE'],
    ['$disconnect', 'NONE'],
  ])
})

test('the socket is throttled and keeps an access log without headers or query', () => {
  template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1_000 },
    AccessLogSettings: {
      DestinationArn: Match.anyValue(),
      Format: Match.not(Match.stringLikeRegexp('header|querystring|authorizer')),
    },
  })
})

test.each(['run', 'execution'])(
  'state machine %s is logged, traced, and has a value for each placeholder',
  (name) => {
    const machines = template.findResources('AWS::StepFunctions::StateMachine', {
      Properties: { StateMachineName: `iasql-${name}` },
    })
    const [machine] = Object.values(machines)
    const { DefinitionString, DefinitionSubstitutions, LoggingConfiguration, TracingConfiguration } =
      machine?.Properties ?? {}

    const placeholders = [...DefinitionString.matchAll(/\$\{(\w+)\}/g)].map(([, placeholder]) => placeholder)
    expect(placeholders.length).toBeGreaterThan(0)
    expect(new Set(Object.keys(DefinitionSubstitutions))).toEqual(new Set(placeholders))
    expect(LoggingConfiguration.Level).toBe('ERROR')
    expect(TracingConfiguration.Enabled).toBe(true)
  },
)

const database = [
  'rds-data:BeginTransaction',
  'rds-data:CommitTransaction',
  'rds-data:ExecuteStatement',
  'rds-data:RollbackTransaction',
  'secretsmanager:GetSecretValue',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
]

test.each([
  { name: 'purgeexpired', rate: 'rate(1 hour)', actions: database },
  {
    name: 'recoverruns',
    rate: 'rate(1 minute)',
    actions: [
      'execute-api:ManageConnections',
      'lambda:InvokeFunction',
      ...database,
      'states:StartExecution',
    ].toSorted(),
  },
])(
  '$name is called at $rate by a schedule that may call nothing else, and has the rights it needs',
  ({ name, rate, actions }) => {
    const targets = statements().filter(({ statement }) =>
      JSON.stringify(statement).includes(`Functions${name}`),
    )
    const allowed = statements()
      .filter(({ policy }) => holderOf(policy) === `Functions${name}`)
      .flatMap(({ statement }) => listOf(statement.Action))
    const [target] = targets
    const callers = statements().filter(({ policy }) => policy === target?.policy)

    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: rate,
      State: 'ENABLED',
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp(`^Functions${name}`), 'Arn'] },
        RetryPolicy: Match.objectLike({ MaximumRetryAttempts: 0 }),
      },
    })
    expect(targets).toHaveLength(1)
    expect(callers).toHaveLength(1)
    expect(target?.statement.Action).toBe('lambda:InvokeFunction')
    expect([...new Set(allowed)].toSorted()).toEqual(actions)
  },
)

test('the sweep may start machine `execution` and a runner, and hold neither the run key nor a tenant secret', () => {
  const resources = (action: string) =>
    statements()
      .filter(({ policy }) => holderOf(policy) === 'Functionsrecoverruns')
      .filter(({ statement }) => listOf(statement.Action).includes(action))
      .map(({ statement }) => JSON.stringify(statement.Resource))

  expect(resources('states:StartExecution')).toEqual([expect.stringMatching(/:iasql-execution"/)])
  expect(resources('lambda:InvokeFunction').join()).toContain('Functionsrunstatements')
  expect(resources('secretsmanager:GetSecretValue')).toEqual([expect.stringContaining('PlatformSecret')])
})

test('the stack says where to connect', () => {
  template.hasOutput('SocketUrl', { Value: Match.anyValue() })
})
