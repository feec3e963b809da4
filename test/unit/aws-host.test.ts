/** The ports on AWS, with each service's client answered by hand. */
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  DatabaseErrorException,
  ExecuteStatementCommand,
  RDSDataClient,
} from '@aws-sdk/client-rds-data'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { awsHost } from '#operations/aws-host.ts'

const environment = {
  IASQL_CLUSTER_ARN: 'arn:aws:rds:eu-west-1:123456789012:cluster:iasql',
  IASQL_PLATFORM_SECRET_ARN: 'arn:platform-secret',
  IASQL_DATABASE: 'iasql',
  IASQL_RUN_FUNCTION: 'iasql-run-statements',
  IASQL_RUN_MACHINE_ARN: 'arn:machine:run',
  IASQL_EXECUTION_MACHINE_ARN: 'arn:machine:execution',
  IASQL_DRIFT_MACHINE_ARN: 'arn:machine:drift',
  IASQL_EVENT_BUS: 'iasql-bus',
  IASQL_PLATFORM_ROLE: 'arn:aws:iam::123456789012:role/iasql-platform',
  IASQL_CONNECTIONS_ENDPOINT: 'https://api.execute-api.eu-west-1.amazonaws.com/v1',
  IASQL_RUN_KEY_SECRET: 'arn:run-key',
}
const failed = { $metadata: {}, message: 'no' }
const lambda = mockClient(LambdaClient)
const machines = mockClient(SFNClient)
const secrets = mockClient(SecretsManagerClient)
const bus = mockClient(EventBridgeClient)
const sockets = mockClient(ApiGatewayManagementApiClient)
const database = mockClient(RDSDataClient)

beforeEach(() => vi.stubEnv('AWS_REGION', 'eu-west-1'))
afterEach(() => {
  for (const service of [lambda, machines, secrets, bus, sockets, database]) service.reset()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test('names the variable that is missing', () => {
  expect(() => awsHost({ ...environment, IASQL_DATABASE: '' })).toThrow(
    'The environment variable IASQL_DATABASE is missing.',
  )
})

test('takes account and region from the cluster, and leaves time before Lambda ends', () => {
  expect(awsHost(environment).defaults).toEqual({
    region: 'eu-west-1',
    accountId: '123456789012',
    budgetMs: 840_000,
  })
})

test('invokes the runner without waiting for it', async () => {
  lambda.on(InvokeCommand).resolves({ StatusCode: 202 })

  const { invoker } = awsHost(environment)
  await invoker.runStatements({ tenantId: 't_1', runId: 'r' })
  await invoker.moveTenant({ tenantId: 't_1' })

  expect(lambda.commandCalls(InvokeCommand)[0]?.args[0].input).toEqual({
    FunctionName: 'iasql-run-statements',
    InvocationType: 'Event',
    Payload: '{"tenantId":"t_1","runId":"r"}',
  })
  expect(lambda.commandCalls(InvokeCommand)[1]?.args[0].input).toMatchObject({
    FunctionName: 'iasql-run-statements',
    Payload: '{"tenantId":"t_1"}',
  })
})

test('starts each machine by its ARN, and once for a name', async () => {
  const { machines: port } = awsHost(environment)
  machines
    .on(StartExecutionCommand)
    .resolvesOnce({})
    .rejectsOnce(new ExecutionAlreadyExists(failed))
    .rejects(new Error('throttled'))

  await port.start('run', 'one', { runId: 'r' })
  await port.start('execution', 'two', { executionId: '7' })
  const third = port.start('drift', 'three', {})

  await expect(third).rejects.toThrow('throttled')
  expect(machines.commandCalls(StartExecutionCommand).map(({ args }) => args[0].input)).toEqual([
    { stateMachineArn: 'arn:machine:run', name: 'one', input: '{"runId":"r"}' },
    { stateMachineArn: 'arn:machine:execution', name: 'two', input: '{"executionId":"7"}' },
    { stateMachineArn: 'arn:machine:drift', name: 'three', input: '{}' },
  ])
})

test('puts news onto the bus, and says so when the bus does not take one', async () => {
  const { news } = awsHost(environment)
  bus
    .on(PutEventsCommand)
    .resolvesOnce({ FailedEntryCount: 0 })
    .resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'try again' }] })

  await news?.publish('drift found', { tenant: 'one', tables: [] })
  const second = news?.publish('apply failed', {})

  await expect(second).rejects.toThrow('InternalFailure: try again')
  expect(bus.commandCalls(PutEventsCommand)[0]?.args[0].input).toEqual({
    Entries: [
      {
        EventBusName: 'iasql-bus',
        Source: 'iasql',
        DetailType: 'drift found',
        Detail: '{"tenant":"one","tables":[]}',
      },
    ],
  })
})

test('fetches the run key at first use and once, and again after a failure', async () => {
  const { cipher } = awsHost(environment)
  const get = secrets.on(GetSecretValueCommand, { SecretId: 'arn:run-key' })
  get.rejectsOnce(new Error('denied')).resolves({ SecretString: '0f'.repeat(32) })
  expect(secrets.calls()).toHaveLength(0)

  await expect(cipher.encrypt('SELECT 1')).rejects.toThrow('denied')
  const encrypted = await cipher.encrypt('SELECT 1')

  expect(encrypted).not.toContain('SELECT')
  expect(await cipher.decrypt(encrypted)).toBe('SELECT 1')
  expect(secrets.calls()).toHaveLength(2)
})

test('refuses a run key that is no key, without telling it', async () => {
  secrets.on(GetSecretValueCommand).resolves({ SecretString: 'hunter2' })

  const refused = awsHost(environment).cipher.encrypt('SELECT 1')

  await expect(refused).rejects.toThrow('does not hold 64 hexadecimal digits')
  await expect(refused).rejects.not.toThrow('hunter2')
})

test('tells a client that has left from one that cannot be reached', async () => {
  const { connections } = awsHost(environment)
  sockets
    .on(PostToConnectionCommand)
    .resolvesOnce({})
    .rejectsOnce(new GoneException(failed))
    .rejects(new Error('unreachable'))
  sockets.on(DeleteConnectionCommand).rejects(new GoneException(failed))

  expect(await connections.post('c', 'hello')).toBe('sent')
  expect(await connections.post('c', 'hello')).toBe('gone')
  await expect(connections.post('c', 'hello')).rejects.toThrow('unreachable')
  await expect(connections.disconnect?.('c')).resolves.toBeUndefined()
})

test('asks the database of a tenant that has one of its own as the platform', async () => {
  database.on(ExecuteStatementCommand).resolves({ records: [] })
  const { cellDatabase, platform } = awsHost(environment)

  await platform.query('SELECT 1')
  await cellDatabase('t_1').query('SELECT 1')

  const asked = database.commandCalls(ExecuteStatementCommand).map(({ args }) => args[0].input)
  expect(asked.map((input) => input.database)).toEqual(['iasql', 't_1'])
  expect(new Set(asked.map((input) => input.secretArn)).size).toBe(1)
})

const tenantRow = {
  ...{ tenant_id: 't_1', alias: 'one', schema_name: 't_1', user_schema: 't_1_user', state: 'active' },
  ...{ owner_role: 't_1_owner', reader_role: 't_1_reader', writer_role: 't_1_writer' },
  ...{ reader_secret: 'iasql/t_1/reader', writer_secret: 'iasql/t_1/writer', database_name: 'iasql' },
}
const writer = { secret: 'iasql/t_1/writer', database: 'iasql' }

/** A tenant whose writer may not connect the first time; everything else of it is whole. */
function lockOutOnce(): void {
  const refused = new DatabaseErrorException({
    ...failed,
    message: 'ERROR: role "t_1_writer" is not permitted to log in; SQLState: 28000',
  })
  database.on(BeginTransactionCommand).resolves({ transactionId: 'platform' })
  database
    .on(BeginTransactionCommand, { secretArn: writer.secret })
    .rejectsOnce(refused)
    .resolves({ transactionId: 'tenant' })
  database.on(CommitTransactionCommand).resolves({})
  database.on(ExecuteStatementCommand).callsFake(({ sql }: { readonly sql: string }) => {
    if (sql.includes('reader_secret = :secret')) return rowOf(tenantRow)
    if (sql.includes('AS there')) return rowOf({ there: true })
    if (sql.includes('AS connections')) return rowOf({ connections: '20' })
    return sql.includes('AS whole') ? rowOf({ whole: true }) : { records: [], columnMetadata: [] }
  })
}

const rowOf = (row: Readonly<Record<string, string | boolean>>) => ({
  records: [
    Object.values(row).map((value) =>
      typeof value === 'string' ? { stringValue: value } : { booleanValue: value },
    ),
  ],
  columnMetadata: Object.keys(row).map((name) => ({ name, label: name, typeName: 'text' })),
})

test("repairs a tenant's login by the passwords in its secrets, as the platform, and connects again", async () => {
  lockOutOnce()
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  secrets.on(GetSecretValueCommand).resolves({ SecretString: '{"username":"t_1_writer","password":"pass"}' })

  const transactionId = await awsHost(environment).dataApi.begin(writer)

  const asked = secrets.commandCalls(GetSecretValueCommand).map(({ args }) => args[0].input.SecretId)
  const repairs = database.commandCalls(ExecuteStatementCommand).map(({ args }) => args[0].input)
  expect(transactionId).toBe('tenant')
  expect(asked.toSorted()).toEqual(['iasql/t_1/reader', 'iasql/t_1/writer'])
  expect(repairs.every(({ secretArn }) => secretArn === 'arn:platform-secret')).toBe(true)
  expect(repairs.some(({ sql }) => /^ALTER ROLE t_1_writer .*SCRAM-SHA-256/s.test(sql ?? ''))).toBe(true)
  expect(warn).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining('put back') }))
})

test.each([
  ['no JSON', 'hunter2'],
  ['no password', '{"username":"hunter2"}'],
  ['nothing', 'null'],
  ['no text', undefined],
])('a secret that holds %s is named in the log, and not told', async (_what, SecretString) => {
  lockOutOnce()
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  secrets.on(GetSecretValueCommand).resolves(SecretString === undefined ? {} : { SecretString })

  await awsHost(environment).dataApi.begin(writer)

  const logged = JSON.stringify(warn.mock.calls)
  expect(logged).toMatch(/The secret iasql\/t_1\/\w+ does not hold a username and a password/)
  expect(logged).not.toContain('hunter2')
})
