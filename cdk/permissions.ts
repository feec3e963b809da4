/** Who may call what: each function gets the actions of its own work on the resources of this stack. */
import { ArnFormat, Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { DashboardSite } from './dashboard-site.ts'
import type { Database } from './database.ts'
import { type FunctionName, type Functions, functionNames } from './functions.ts'
import type { Keys } from './keys.ts'
import type { News } from './news.ts'
import { cloudFunctions, platformRoleArn } from './platform-role.ts'
import type { SocketApi } from './socket-api.ts'
import { acknowledgeStars } from './stars.ts'
import type { StateMachineArns } from './state-machines.ts'

export interface Parts {
  readonly functions: Functions
  readonly database: Database
  readonly keys: Keys
  readonly socket: SocketApi
  readonly news: News
  readonly dashboard: DashboardSite
  readonly machineArns: StateMachineArns
}

/** One grant: who gets it, and what. */
interface Grant {
  readonly to: readonly FunctionName[]
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** What a star in the resources stands for. */
  readonly why?: string
}

/** All but the one that never sees the database. */
const databaseFunctions = functionNames.filter((name) => name !== 'publish-dashboard')

/** They do with single statements. */
const singleStatements: readonly FunctionName[] = [
  'authorize',
  'on-connect',
  'on-disconnect',
  'check-drift',
  'start-drift-checks',
]

const transactingFunctions = databaseFunctions.filter((name) => !singleStatements.includes(name))

/** They run tenants' text under tenants' own logins. */
const runners: readonly FunctionName[] = ['run-statements', 'execute-statements']

const tenantSecret =
  'The names of tenants are made while the product runs; the last part of the name is this one.'
const connection = 'Connections come and go; the API and the method are these.'

/** By name: functions that have too much to do for one invocation call themselves. */
const namedArn = (stack: Stack, name: FunctionName): string =>
  stack.formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: `${stack.stackName}-${name}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })

function grantsFor({ database, keys, socket, news, dashboard, machineArns }: Parts): readonly Grant[] {
  const stack = Stack.of(database)
  // AWS puts a hyphen and six characters behind the name.
  const tenantSecrets = (...names: readonly string[]) =>
    names.map((name) =>
      stack.formatArn({
        service: 'secretsmanager',
        resource: 'secret',
        resourceName: `iasql/*/${name}-*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    )
  const connections = (method: 'POST' | 'DELETE') => [
    stack.formatArn({
      service: 'execute-api',
      resource: socket.api.apiId,
      resourceName: `${socket.stage.stageName}/${method}/@connections/*`,
    }),
  ]
  return [
    {
      to: databaseFunctions,
      actions: ['rds-data:ExecuteStatement'],
      resources: [database.cluster.clusterArn],
    },
    {
      to: transactingFunctions,
      actions: ['rds-data:BeginTransaction', 'rds-data:CommitTransaction', 'rds-data:RollbackTransaction'],
      resources: [database.cluster.clusterArn],
    },
    {
      to: databaseFunctions,
      actions: ['secretsmanager:GetSecretValue'],
      resources: [database.platformSecretArn],
    },
    { to: databaseFunctions, actions: ['kms:Decrypt'], resources: [keys.data.keyArn] },
    {
      to: [...runners, 'migrate-platform'],
      actions: ['secretsmanager:GetSecretValue'],
      resources: tenantSecrets('reader', 'writer'),
      why: tenantSecret,
    },
    // The first tenant is made while deploying: a login's password is in its secret before it is in the database.
    // Others are made by iasql_connect(), and their passwords replaced now and then.
    {
      to: ['migrate-platform', ...runners, 'rotate-secrets'],
      actions: ['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue'],
      resources: tenantSecrets('reader', 'writer'),
      why: tenantSecret,
    },
    // iasql_disconnect() deletes a tenant; what it had to leave, the sweep does.
    {
      to: [...runners, 'recover-runs'],
      actions: ['secretsmanager:DeleteSecret'],
      resources: tenantSecrets('reader', 'writer', 'secrets'),
      why: tenantSecret,
    },
    {
      to: ['migrate-platform'],
      actions: ['secretsmanager:GetSecretValue'],
      resources: [keys.firstOwner.secretArn],
    },
    {
      to: ['migrate-platform'],
      actions: ['lambda:InvokeFunction'],
      resources: [namedArn(stack, 'migrate-platform')],
    },
    // An install makes the key of secret columns, an apply opens what they hold.
    {
      to: ['step-execution'],
      actions: ['secretsmanager:GetSecretValue', 'secretsmanager:CreateSecret'],
      resources: tenantSecrets('secrets'),
      why: tenantSecret,
    },
    {
      to: ['on-message', ...runners],
      actions: ['secretsmanager:GetSecretValue'],
      resources: [keys.runText.secretArn],
    },
    {
      to: ['on-message', ...runners, 'step-execution', 'recover-runs'],
      actions: ['execute-api:ManageConnections'],
      resources: connections('POST'),
      why: connection,
    },
    // They close connections of clients whose session has ended, or whose token was revoked.
    {
      to: ['on-message', ...runners],
      actions: ['execute-api:ManageConnections'],
      resources: connections('DELETE'),
      why: connection,
    },
    {
      // A runner that has done with a run starts one that waited for its turn.
      to: ['on-message', ...runners, 'recover-runs'],
      actions: ['lambda:InvokeFunction'],
      resources: [namedArn(stack, 'run-statements')],
    },
    // A run that its runner has handed over, and that no machine has, the sweep gives one.
    {
      to: ['run-statements', 'recover-runs'],
      actions: ['states:StartExecution'],
      resources: [machineArns.run],
    },
    {
      to: [...runners, 'recover-runs', 'start-drift-checks'],
      actions: ['states:StartExecution'],
      resources: [machineArns.execution],
    },
    { to: ['start-drift-checks'], actions: ['states:StartExecution'], resources: [machineArns.drift] },
    { to: cloudFunctions, actions: ['sts:AssumeRole'], resources: [platformRoleArn(database)] },
    { to: ['step-execution'], actions: ['events:PutEvents'], resources: [news.bus.eventBusArn] },
    {
      to: ['publish-dashboard'],
      actions: ['s3:PutObject', 's3:DeleteObject'],
      resources: [dashboard.bucket.arnForObjects('*')],
      why: 'The pages of a deployment are these files and no others; the bucket holds nothing else.',
    },
    { to: ['publish-dashboard'], actions: ['s3:ListBucket'], resources: [dashboard.bucket.bucketArn] },
  ]
}

export function allow(parts: Parts): void {
  for (const { to, actions, resources, why } of grantsFor(parts)) {
    for (const name of to) {
      const { role } = parts.functions.all[name]
      if (!role) continue
      role.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }))
      if (why !== undefined) acknowledgeStars(role, resources, why)
    }
  }
}
