/** Who may call what: each function gets the actions of its own work on the resources of this stack. */
import { ArnFormat, Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Database } from './database.ts'
import type { FunctionName, Functions } from './functions.ts'
import type { RunKey } from './run-key.ts'
import type { SocketApi } from './socket-api.ts'
import type { StateMachineArns } from './state-machines.ts'

interface Parts {
  readonly functions: Functions
  readonly database: Database
  readonly runKey: RunKey
  readonly socket: SocketApi
  readonly machineArns: StateMachineArns
}

/** One grant: who gets it, and what. */
interface Grant {
  readonly to: readonly FunctionName[]
  readonly actions: readonly string[]
  readonly resources: readonly string[]
}

const everyFunction: readonly FunctionName[] = [
  'authorize',
  'on-connect',
  'on-disconnect',
  'on-message',
  'run-statements',
  'execute-statements',
  'step-execution',
  'purge-expired',
  'recover-runs',
]

/** They run tenants' text under tenants' own logins. */
const runners: readonly FunctionName[] = ['run-statements', 'execute-statements']

function grantsFor({ functions, database, runKey, socket, machineArns }: Parts): readonly Grant[] {
  const stack = Stack.of(database)
  // AWS puts a hyphen and six characters behind the name.
  const tenantSecrets = (name: string) =>
    stack.formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `iasql/*/${name}-*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
  const connections = (method: 'POST' | 'DELETE') =>
    stack.formatArn({
      service: 'execute-api',
      resource: socket.api.apiId,
      resourceName: `${socket.stage.stageName}/${method}/@connections/*`,
    })
  return [
    {
      to: everyFunction,
      actions: [
        'rds-data:ExecuteStatement',
        'rds-data:BeginTransaction',
        'rds-data:CommitTransaction',
        'rds-data:RollbackTransaction',
      ],
      resources: [database.cluster.clusterArn],
    },
    {
      to: everyFunction,
      actions: ['secretsmanager:GetSecretValue'],
      resources: [database.platformSecret.secretArn],
    },
    {
      to: runners,
      actions: ['secretsmanager:GetSecretValue'],
      resources: [tenantSecrets('reader'), tenantSecrets('writer')],
    },
    // An install makes the key of secret columns, an apply opens what they hold.
    {
      to: ['step-execution'],
      actions: ['secretsmanager:GetSecretValue', 'secretsmanager:CreateSecret'],
      resources: [tenantSecrets('secrets')],
    },
    {
      to: ['on-message', ...runners],
      actions: ['secretsmanager:GetSecretValue'],
      resources: [runKey.secret.secretArn],
    },
    {
      to: ['on-message', 'run-statements', 'execute-statements', 'step-execution', 'recover-runs'],
      actions: ['execute-api:ManageConnections'],
      resources: [connections('POST')],
    },
    // It closes the connection of a client whose session has ended.
    { to: ['on-message'], actions: ['execute-api:ManageConnections'], resources: [connections('DELETE')] },
    {
      to: ['on-message', 'recover-runs'],
      actions: ['lambda:InvokeFunction'],
      resources: [functions.all['run-statements'].functionArn],
    },
    { to: ['run-statements'], actions: ['states:StartExecution'], resources: [machineArns.run] },
    {
      to: [...runners, 'recover-runs'],
      actions: ['states:StartExecution'],
      resources: [machineArns.execution],
    },
  ]
}

export function allow(parts: Parts): void {
  for (const { to, actions, resources } of grantsFor(parts)) {
    for (const name of to) {
      parts.functions.all[name].addToRolePolicy(
        new PolicyStatement({ actions: [...actions], resources: [...resources] }),
      )
    }
  }
}
