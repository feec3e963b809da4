import { readFileSync } from 'node:fs'
import { Match } from 'aws-cdk-lib/assertions'
import { afterAll, expect, test } from 'vitest'
import { productMetrics } from '#operations/metrics.ts'
import { neededConcurrency } from '../../cdk/account.ts'
import { functionNames } from '../../cdk/functions.ts'
import { listOf, statementsIn, synthesize } from './synthesis.ts'

const { template, dispose } = synthesize()
afterAll(dispose)

const resources = (type: string) => Object.values(template.findResources(type))
const propertiesOf = (type: string) => resources(type).map(({ Properties }) => Properties)

test('the database is encrypted, backed up, kept, and reached by the Data API alone', () => {
  template.hasResource('AWS::RDS::DBCluster', {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      Engine: 'aurora-postgresql',
      EngineVersion: Match.stringLikeRegexp('^17\\.'),
      EnableHttpEndpoint: true,
      StorageEncrypted: true,
      KmsKeyId: Match.anyValue(),
      DeletionProtection: true,
      BackupRetentionPeriod: 14,
      ManageMasterUserPassword: true,
      MasterUsername: 'iasql_platform',
      MasterUserSecret: { KmsKeyId: Match.anyValue() },
      CopyTagsToSnapshot: true,
    },
  })
  template.hasResourceProperties('AWS::RDS::DBInstance', { PubliclyAccessible: false })
  template.resourceCountIs('AWS::EC2::NatGateway', 0)
  template.resourceCountIs('AWS::EC2::InternetGateway', 0)
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0)
  template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() })
})

test('the database never writes a statement into its log, and lets no tenant change a password', () => {
  template.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', {
    Parameters: Match.objectLike({
      log_statement: 'none',
      log_min_messages: 'log',
      log_min_error_statement: 'panic',
      log_min_duration_statement: '-1',
      log_parameter_max_length: '0',
      log_parameter_max_length_on_error: '0',
      log_error_verbosity: 'terse',
      'pg_stat_statements.track_utility': '0',
      'rds.force_ssl': '1',
      'rds.restrict_password_commands': '1',
      temp_file_limit: Match.anyValue(),
    }),
  })
})

test('all that a kept database is made of stays with it', () => {
  const types = ['AWS::EC2::VPC', 'AWS::EC2::Subnet', 'AWS::EC2::SecurityGroup', 'AWS::RDS::DBSubnetGroup']
  const kept = [...types, 'AWS::RDS::DBClusterParameterGroup', 'AWS::RDS::DBInstance', 'AWS::KMS::Key']

  for (const type of kept) {
    const policies = resources(type).map(({ DeletionPolicy }) => DeletionPolicy)
    expect([type, ...new Set(policies)]).toEqual([type, expect.stringMatching(/^Retain/)])
  }
})

test('everything that holds something is encrypted', () => {
  const pages = propertiesOf('AWS::S3::Bucket').map(({ BucketEncryption }) => BucketEncryption)

  expect(pages.every((encryption) => encryption !== undefined)).toBe(true)
  expect(propertiesOf('AWS::SNS::Topic').every(({ KmsMasterKeyId }) => KmsMasterKeyId !== undefined)).toBe(
    true,
  )
  expect(propertiesOf('AWS::SQS::Queue').every(({ SqsManagedSseEnabled }) => SqsManagedSseEnabled)).toBe(true)
  expect(propertiesOf('AWS::SecretsManager::Secret').every(({ KmsKeyId }) => KmsKeyId !== undefined)).toBe(
    true,
  )
  expect(propertiesOf('AWS::KMS::Key').every(({ EnableKeyRotation }) => EnableKeyRotation)).toBe(true)
})

test('every log is kept for as long as was chosen', () => {
  const days = propertiesOf('AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays)

  expect(days.length).toBeGreaterThan(functionNames.length)
  expect(new Set(days)).toEqual(new Set([30]))
})

test('functions get every variable that their host asks for', () => {
  const host = readFileSync(new URL('../../operations/aws-host.ts', import.meta.url), 'utf8')
  const asked = [...host.matchAll(/variable\('(\w+)'\)/g)].map(([, name = '']) => name)

  expect(asked.length).toBeGreaterThan(7)
  for (const { FunctionName, Environment } of propertiesOf('AWS::Lambda::Function')) {
    const missing = asked.filter((name) => !(name in Environment.Variables))
    expect([FunctionName, missing]).toEqual([FunctionName, []])
  }
})

test.each(functionNames)('function %s is on ARM, traced, logs JSON, and has its environment', (name) => {
  template.hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: `iasql-${name}`,
    Handler: `${name}.handler`,
    Architectures: ['arm64'],
    Runtime: 'nodejs24.x',
    TracingConfig: { Mode: 'Active' },
    LoggingConfig: Match.objectLike({ LogFormat: 'JSON' }),
    Environment: {
      Variables: Match.objectLike(
        Object.fromEntries(
          [
            'CLUSTER_ARN',
            'PLATFORM_SECRET_ARN',
            'DATABASE',
            'RUN_KEY_SECRET',
            'FIRST_OWNER_SECRET',
            'RUN_FUNCTION',
          ].map((variable) => [`IASQL_${variable}`, Match.anyValue()]),
        ),
      ),
    },
  })
})

test('functions end within the limits of who calls them, and leave concurrency for one another', () => {
  const functions = propertiesOf('AWS::Lambda::Function')
  const reserved = functions.map(({ ReservedConcurrentExecutions = 0 }) => ReservedConcurrentExecutions)
  const timeouts = new Map(functions.map(({ FunctionName, Timeout }) => [FunctionName, Timeout]))

  for (const name of ['on-connect', 'on-disconnect', 'on-message', 'http-api']) {
    expect(timeouts.get(`iasql-${name}`)).toBeLessThanOrEqual(29)
  }
  expect(Math.max(...timeouts.values())).toBe(900)
  // Of 1,000, Lambda wants 100 left unreserved; a deployment looks whether the account has as many.
  expect(reserved.reduce((sum, count) => sum + count, 0) + 100).toBe(neededConcurrency)
  expect(neededConcurrency).toBeLessThanOrEqual(1_000)
})

test('what nobody waits for leaves its event where somebody is told when it fails for good', () => {
  const targets = propertiesOf('AWS::Lambda::EventInvokeConfig').map(
    ({ DestinationConfig }) => DestinationConfig,
  )
  const schedules = propertiesOf('AWS::Scheduler::Schedule').map(({ Target }) => Target.DeadLetterConfig)

  // The runner, and whatever a schedule calls.
  expect(targets).toHaveLength(schedules.length + 1)
  expect(targets.every((target) => JSON.stringify(target).includes('DeadLetters'))).toBe(true)
  expect(schedules.every((config) => JSON.stringify(config).includes('DeadLetters'))).toBe(true)
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'iasql-dead-letters' })
})

test('the socket has all three routes, and only $connect asks the authorizer, whatever is shown to it', () => {
  const [api] = propertiesOf('AWS::ApiGatewayV2::Authorizer')
  const routes = propertiesOf('AWS::ApiGatewayV2::Route').map(
    ({ RouteKey, AuthorizationType = 'NONE' }) => `${RouteKey} ${AuthorizationType}`,
  )

  expect(routes.filter((route) => route.startsWith('$')).toSorted()).toEqual([
    '$connect CUSTOM',
    '$default NONE',
    '$disconnect NONE',
  ])
  expect(routes.filter((route) => !route.startsWith('$')).toSorted()).toEqual([
    'GET /health NONE',
    'OPTIONS /first-owner NONE',
    'OPTIONS /ticket NONE',
    'POST /first-owner NONE',
    'POST /ticket NONE',
  ])
  expect(api.IdentitySource ?? []).toEqual([])
})

test('both APIs are throttled and keep an access log without headers, query or what the authorizer said', () => {
  const stages = propertiesOf('AWS::ApiGatewayV2::Stage')

  expect(stages).toHaveLength(2)
  for (const { DefaultRouteSettings, AccessLogSettings } of stages) {
    expect(DefaultRouteSettings.ThrottlingRateLimit).toBeLessThanOrEqual(500)
    expect(DefaultRouteSettings.ThrottlingBurstLimit).toBeLessThanOrEqual(1_000)
    expect(JSON.stringify(AccessLogSettings.Format)).not.toMatch(/header|querystring|authorizer/)
  }
})

test.each(['run', 'execution', 'drift'])(
  'state machine %s is logged, traced, watched, and has a value for each placeholder',
  (name) => {
    const [machine] = propertiesOf('AWS::StepFunctions::StateMachine').filter(
      ({ StateMachineName }) => StateMachineName === `iasql-${name}`,
    )
    const { DefinitionString, DefinitionSubstitutions, LoggingConfiguration, TracingConfiguration } = machine
    const placeholders = [...DefinitionString.matchAll(/\$\{(\w+)\}/g)].map(([, placeholder]) => placeholder)

    expect(placeholders.length).toBeGreaterThan(0)
    expect(new Set(Object.keys(DefinitionSubstitutions))).toEqual(new Set(placeholders))
    expect(LoggingConfiguration.Level).toBe('ERROR')
    expect(TracingConfiguration.Enabled).toBe(true)
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: `iasql-machine-${name}-fails` })
  },
)

test.each([
  ['PurgeExpired', 'rate(1 hour)', 'Functionspurgeexpired'],
  ['RecoverRuns', 'rate(1 minute)', 'Functionsrecoverruns'],
  ['StartDriftChecks', 'rate(1 minute)', 'Functionsstartdriftchecks'],
])('schedule %s calls at %s what it is for, and may do nothing else', (id, rate, called) => {
  const own = statementsIn(template).filter(({ holder }) => holder === `Schedules${id}`)

  template.hasResourceProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: rate,
    State: 'ENABLED',
    Target: Match.objectLike({
      Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp(`^${called}`), 'Arn'] },
      RetryPolicy: Match.objectLike({ MaximumRetryAttempts: 0 }),
    }),
  })
  expect(own.flatMap(({ statement }) => listOf(statement.Action)).toSorted()).toEqual([
    'lambda:InvokeFunction',
    'sqs:SendMessage',
  ])
  expect(JSON.stringify(own)).toContain(called)
})

test('Lambda breaks no chain of invocations by which what waited for its turn is begun', () => {
  const chained = propertiesOf('AWS::Lambda::Function').filter(
    ({ RecursiveLoop }) => RecursiveLoop === 'Allow',
  )

  expect(chained.map(({ FunctionName }) => FunctionName).toSorted()).toEqual([
    'iasql-migrate-platform',
    'iasql-run-statements',
  ])
})

test('news leaves by a bus, and by a topic for those who only want a message', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { source: ['iasql'], 'detail-type': ['drift found', 'apply failed', 'apply done'] },
    Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue() })],
  })
})

test('the pages are served by CloudFront alone, with headers that let them talk to the two APIs and nobody else', () => {
  const [{ ResponseHeadersPolicyConfig }] = propertiesOf('AWS::CloudFront::ResponseHeadersPolicy')
  const { ContentSecurityPolicy } = ResponseHeadersPolicyConfig.SecurityHeadersConfig
  const policy = JSON.stringify(ContentSecurityPolicy)

  template.hasResourceProperties('AWS::S3::Bucket', {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  })
  template.resourceCountIs('AWS::CloudFront::OriginAccessControl', 1)
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toMatch(/unsafe|https:\s|\*/)
})

test('the schema is brought up to date before any function that serves is', () => {
  const functions = Object.entries(template.findResources('AWS::Lambda::Function'))
  const waiting = functions.filter(([, { DependsOn = [] }]) =>
    JSON.stringify(DependsOn).includes('Deploymentmigrateplatform'),
  )
  const others = functions
    .filter((entry) => !waiting.includes(entry))
    .map(([, { Properties }]) => Properties.FunctionName)

  const [migration] = Object.entries(template.findResources('Custom::Iasql')).filter(([name]) =>
    name.includes('migrate'),
  )

  expect(others.toSorted()).toEqual(['iasql-migrate-platform', 'iasql-publish-dashboard'])
  expect(JSON.stringify(migration?.[1].DependsOn)).toContain('DatabaseClusterWriter')
})

test('figures of the product are watched and shown by the names that it counts them by', () => {
  const [board] = propertiesOf('AWS::CloudWatch::Dashboard')
  const text = JSON.stringify(board)
  const alarmed = propertiesOf('AWS::CloudWatch::Alarm').filter(({ Namespace }) => Namespace === 'iasql')

  for (const name of productMetrics) expect(text).toContain(name)
  expect(alarmed.length).toBeGreaterThan(0)
  expect(alarmed.filter(({ MetricName }) => !productMetrics.includes(MetricName))).toEqual([])
})

test('a client that shows nothing is no error of the authorizer, which it counts as one', () => {
  const alarm = propertiesOf('AWS::CloudWatch::Alarm').find(
    ({ AlarmName }) => AlarmName === 'iasql-function-authorize-fails',
  )

  const metrics = JSON.stringify(alarm?.Metrics)
  expect(metrics).toContain('"Expression":"errors - FILL(anonymous, 0)"')
  expect(metrics).toContain('"MetricName":"Anonymous","Namespace":"iasql"')
})

test('functions know their time, so that whoever waits for a database that wakes can still be answered', () => {
  const functions = propertiesOf('AWS::Lambda::Function').filter(({ FunctionName }) =>
    /-(authorize|on-message|run-statements)$/.test(FunctionName),
  )

  const times = functions.map(({ Timeout, Environment }) => [
    Timeout,
    Number(Environment.Variables.IASQL_FUNCTION_SECONDS),
  ])
  expect(times.toSorted(([a], [b]) => a - b)).toEqual([
    [29, 29],
    [29, 29],
    [900, 900],
  ])
})

test('every alarm tells somebody, and leads to a section of docs/operations.md', () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const headings = new Set([...page.matchAll(/^### ([\w-]+)$/gm)].map(([, heading]) => heading))
  const alarms = propertiesOf('AWS::CloudWatch::Alarm')

  expect(alarms.length).toBeGreaterThan(30)
  expect(
    alarms.every(({ AlarmActions, OKActions }) => AlarmActions.length === 1 && OKActions.length === 1),
  ).toBe(true)
  const missing = alarms.filter(({ AlarmDescription }) => !headings.has(AlarmDescription.split('#')[1]))
  expect(missing.map(({ AlarmName }) => AlarmName)).toEqual([])
})

test('the template stays within what CloudFormation takes', () => {
  const { Resources, Outputs } = template.toJSON()

  expect(Object.keys(Resources).length).toBeLessThan(500)
  expect(Object.keys(Outputs).length).toBeLessThan(200)
  expect(JSON.stringify(template.toJSON()).length).toBeLessThan(1_000_000)
})

test('the stack says where to connect, who may begin, and what it was deployed with', () => {
  for (const output of ['DashboardUrl', 'SocketUrl', 'HttpUrl', 'FirstOwnerSecret']) {
    template.hasOutput(output, { Value: Match.anyValue() })
  }
  template.hasOutput('Options', { Value: '{}' })
})
