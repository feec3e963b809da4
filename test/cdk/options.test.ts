import { readFileSync } from 'node:fs'
import { Match } from 'aws-cdk-lib/assertions'
import { afterAll, expect, test } from 'vitest'
import { OptionError, optionNames, readOptions } from '../../cdk/options.ts'
import { synthesize } from './synthesis.ts'

const certificate = 'arn:aws:acm:us-east-1:123456789012:certificate/one'
const named = {
  domain: 'iasql.example.com',
  certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/two',
  dashboardCertificateArn: certificate,
}

test.each([
  [{ domian: 'x' }, 'there is no context option “domian”'],
  [{ minCapacity: 'much' }, 'minCapacity: “much” is no capacity'],
  [{ minCapacity: '0.3' }, 'minCapacity: “0.3” is no capacity'],
  [{ maxCapacity: '0.5' }, 'maxCapacity has to be at least 1'],
  [{ minCapacity: '16', maxCapacity: '8' }, 'no less than minCapacity'],
  [{ backupDays: '36' }, 'backupDays: “36” is no whole number from 1 to 35'],
  [{ backupDays: '0' }, 'backupDays: “0”'],
  [{ logDays: '31' }, 'logDays: “31” is none of 1, 3, 5'],
  [{ onDestroy: 'keep' }, 'onDestroy: “keep” is none of retain, snapshot, delete'],
  [{ multiAz: 'yes' }, 'multiAz: “yes” is none of true, false'],
  [{ domain: 'iasql.example.com' }, 'domain also needs certificateArn and dashboardCertificateArn'],
  [{ ...named, dashboardCertificateArn: named.certificateArn }, 'is no ARN of acm:us-east-1'],
  [{ hostedZoneId: 'Z123' }, 'hostedZoneId also needs domain'],
  [{ vpcId: 'vpc-1' }, 'vpcId also needs subnetIds'],
  [{ vpcId: 'vpc-1', subnetIds: 'subnet-1' }, 'at least two subnets'],
  [{ oidcIssuer: 'https://issuer.example.com' }, 'oidcIssuer also needs oidcAudience'],
  [{ oidcIssuer: 'http://issuer.example.com', oidcAudience: 'x' }, 'is no https URL'],
  [{ cognito: 'true', oidcIssuer: 'https://issuer.example.com', oidcAudience: 'x' }, 'exclude each other'],
  [{ allowedOrigins: 'tools.example.com' }, 'is no origin'],
  [{ allowedOrigins: 'https://a.example.com/path' }, 'is no origin'],
  [{ alarmEmail: 'somebody' }, 'is no e-mail address'],
  [{ restoreFrom: 'snapshot-1' }, 'is no ARN of rds'],
])('%j is refused: %s', (options, message) => {
  expect(() => readOptions(options)).toThrow(OptionError)
  expect(() => readOptions(options)).toThrow(message)
})

test("the CDK's own context is none of ours", () => {
  const options = readOptions({
    '@aws-cdk/core:x': true,
    'aws:cdk:y': [],
    'availability-zones:account=1': [],
  })

  expect(options.given).toEqual({})
})

test('every option has a line in the table of docs/self-hosting.md, and the table has no other', () => {
  const page = readFileSync(new URL('../../docs/self-hosting.md', import.meta.url), 'utf8')
  const [, section = ''] = page.split('## Options')
  const [table = ''] = section.split('\n## ')
  const lines = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)

  expect(lines.toSorted()).toEqual([...optionNames].toSorted())
})

const small = synthesize({
  minCapacity: 0,
  maxCapacity: 32,
  autoPauseMinutes: 10,
  multiAz: true,
  backupDays: 35,
  logDays: 90,
  onDestroy: 'snapshot',
  deletionProtection: false,
  reserveConcurrency: false,
  alarmEmail: 'ops@example.com',
  cognito: true,
})
const snapshot = 'arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:iasql'
const given = synthesize({
  ...named,
  hostedZoneId: 'Z0123456789',
  vpcId: 'vpc-0a1b2c3d',
  subnetIds: 'subnet-0a1b2c3d, subnet-1a1b2c3d',
  oidcIssuer: 'https://issuer.example.com/tenant',
  oidcAudience: 'client',
  oidcOrigins: 'https://tokens.example.com',
  allowedOrigins: 'https://tools.example.com',
  minCapacity: 1,
  maxCapacity: 32,
  restoreFrom: snapshot,
})
afterAll(() => {
  small.dispose()
  given.dispose()
})

test('a database that may sleep is not woken every minute', () => {
  small.template.hasResourceProperties('AWS::RDS::DBCluster', {
    ServerlessV2ScalingConfiguration: { MinCapacity: 0, SecondsUntilAutoPause: 600 },
  })
  small.template.allResourcesProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: Match.stringLikeRegexp('hour|day'),
  })
})

test('somebody is told of many connections before Aurora refuses any, which it does sooner where it may shrink', () => {
  const name = 'iasql-database-connections'

  small.template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: name, Threshold: 1_600 })
  given.template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: name, Threshold: 4_000 })
})

test('a second zone, other retention and a snapshot at the end are as chosen', () => {
  const { template } = small

  template.resourceCountIs('AWS::RDS::DBInstance', 2)
  template.hasResource('AWS::RDS::DBCluster', {
    DeletionPolicy: 'Snapshot',
    Properties: { BackupRetentionPeriod: 35, DeletionProtection: false },
  })
  template.hasResource('AWS::EC2::VPC', { DeletionPolicy: Match.absent() })
  template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain' })
  template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.com' })
  template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 })
  template.allResourcesProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: Match.absent() })
})

test('what was chosen is kept for the next deployment, as it was written', () => {
  const { Options } = small.template.findOutputs('Options')

  expect(JSON.parse(Options?.Value)).toMatchObject({ multiAz: 'true', logDays: '90', minCapacity: '0' })
})

test('with Cognito people sign in with a second factor, and nobody signs up alone', () => {
  small.template.hasResource('AWS::Cognito::UserPool', {
    DeletionPolicy: 'Retain',
    Properties: Match.objectLike({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      MfaConfiguration: 'ON',
      DeletionProtection: 'ACTIVE',
    }),
  })
  small.template.hasResourceProperties('AWS::Cognito::UserPoolClient', {
    GenerateSecret: false,
    AllowedOAuthFlows: ['code'],
  })
})

test('a domain, a VPC, an issuer and a snapshot that are given are used, and none is made', () => {
  const { template } = given

  template.resourceCountIs('AWS::EC2::VPC', 0)
  template.resourceCountIs('AWS::Cognito::UserPool', 0)
  template.hasResourceProperties('AWS::RDS::DBSubnetGroup', {
    SubnetIds: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'],
  })
  template.hasResourceProperties('AWS::RDS::DBCluster', {
    SnapshotIdentifier: snapshot,
    ManageMasterUserPassword: true,
  })
  template.hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: 'iasql-authorize',
    Environment: {
      Variables: Match.objectLike({
        IASQL_OIDC_ISSUER: 'https://issuer.example.com/tenant',
        IASQL_OIDC_AUDIENCE: 'client',
        IASQL_ALLOWED_ORIGINS: 'https://iasql.example.com,https://tools.example.com',
      }),
    },
  })
})

test('under a domain of their own the APIs and the pages have names, records and a modern protocol', () => {
  const { template } = given
  const policies = JSON.stringify(template.findResources('AWS::CloudFront::ResponseHeadersPolicy'))

  template.resourceCountIs('AWS::Route53::RecordSet', 3)
  template.hasResourceProperties('AWS::ApiGatewayV2::DomainName', { DomainName: 'socket.iasql.example.com' })
  template.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({
      Aliases: ['iasql.example.com'],
      ViewerCertificate: Match.objectLike({ MinimumProtocolVersion: 'TLSv1.2_2021' }),
    }),
  })
  template.hasOutput('SocketUrl', { Value: 'wss://socket.iasql.example.com' })
  expect(policies).toContain(
    'https://api.iasql.example.com wss://socket.iasql.example.com https://issuer.example.com https://tokens.example.com',
  )
})

test('no choice of options makes the CDK warn', () => {
  expect([...small.warnings, ...given.warnings]).toEqual([])
})
