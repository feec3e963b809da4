/** What functions call when they work as deployed, held against what their roles allow: nothing outside, nothing for nothing. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { handler as purgeExpired } from '#functions/purge-expired.ts'
import { handler as recoverRuns } from '#functions/recover-runs.ts'
import { handler as rotateSecrets } from '#functions/rotate-secrets.ts'
import { handler as startDriftChecks } from '#functions/start-drift-checks.ts'
import {
  type DeployedLab,
  functionKey,
  linkedAccountId,
  openDeployedLab,
  platformSecret,
  runKeySecret,
} from '../support/deployed-lab.ts'
import type { RecordedCall } from '../support/recorded-calls.ts'
import { listOf, statementsIn, synthesize } from './synthesis.ts'

const minutesMs = 60_000
let lab: DeployedLab
let allowed: ReturnType<typeof granted>

beforeAll(async () => {
  // Where metrics and the log go on AWS.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  for (const level of ['debug', 'info', 'warn'] as const) vi.spyOn(console, level).mockReturnValue()
  lab = await openDeployedLab((name, value) => vi.stubEnv(name, value))
  await workThrough()
  allowed = granted()
}, 10 * minutesMs)
afterAll(async () => {
  await lab?.stop()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
}, minutesMs)

async function answered(sql: string): Promise<readonly (string | null)[][]> {
  const { statements } = await lab.client.run(sql)
  const last = statements.at(-1)
  if (!last || last.error) throw new Error(`${sql}: ${JSON.stringify(last?.error)}`)
  return last.rows
}

/** Everything that makes another kind of call. */
async function workThrough(): Promise<void> {
  await answered("SELECT * FROM iasql_install('aws_sqs', 'aws_secrets_manager')")
  const [[template]] = (await answered("SELECT * FROM iasql_account_role_template('read')")) as [[string]]
  const externalId = /"sts:ExternalId": "([^"]+)"/.exec(template)?.[1] ?? ''
  const role = `arn:aws:iam::${linkedAccountId}:role/iasql-home-read`
  lab.trust(role, externalId)
  await answered(`SELECT * FROM iasql_account_link('${role}')`)
  await answered("INSERT INTO queue (name) VALUES ('jobs')")
  await answered("INSERT INTO secret (name, value) VALUES ('key', 'hidden')")
  await answered('SELECT * FROM iasql_apply()')
  await answered('SELECT * FROM iasql_sync()')
  await answered("SELECT * FROM iasql_token_create('ci', 'viewer')")
  await answered("SELECT * FROM iasql_token_revoke('ci')")
  await answered("SELECT alias FROM iasql_connect('second')")
  await answered("SELECT alias FROM iasql_tenant_move('second', 'dedicated')")
  await answered("SELECT alias FROM iasql_disconnect('second')")
  await answered("SELECT alias FROM iasql_connect('third')")
  await answered("SELECT alias FROM iasql_tenant_move('third', 'dedicated')")
  await lab.platform.run("UPDATE iasql_platform.tenant SET secrets_rotated_at = now() - interval '1 year'")
  for (const [name, handler] of [
    ['recover-runs', recoverRuns],
    ['purge-expired', purgeExpired],
    ['rotate-secrets', rotateSecrets],
    ['start-drift-checks', startDriftChecks],
  ] as const)
    await lab.call(name, handler as never)
}

/** One right that a call takes: the action, and what the resource's name has in it. */
interface Right {
  readonly by: string
  readonly action: string
  readonly resource: string
}

/** As the template names secrets that here have others. */
function secretPart(id: unknown): string {
  if (id === platformSecret) return 'MasterUserSecret'
  if (id === runKeySecret) return 'RunText'
  return `secret:iasql/*/${String(id).split('/').at(-1)}-*`
}

function rightsOf({ by, service, operation, accessKeyId, body }: RecordedCall): readonly Right[] {
  const right = (action: string, resource = ''): Right => ({ by, action, resource })
  // With keys of linked roles, whose template is another matter.
  if (accessKeyId !== functionKey) return []
  switch (service) {
    case 'rds-data': {
      const action = `rds-data:${/\/(\w+)$/.exec(operation)?.[1]?.replace(/^Execute$/, 'ExecuteStatement')}`
      // The Data API fetches the login as whoever calls it.
      return [right(action), right('secretsmanager:GetSecretValue', secretPart(body.secretArn))]
    }
    case 'secretsmanager':
      return [right(`secretsmanager:${operation}`, secretPart(body.SecretId ?? body.Name))]
    case 'lambda':
      return [right('lambda:InvokeFunction', ':iasql-run-statements')]
    case 'states':
      return [right('states:StartExecution', `:iasql-${String(body.stateMachineArn).split(':').at(-1)}"`)]
    case 'events':
      return [right('events:PutEvents')]
    case 'execute-api':
      return [right('execute-api:ManageConnections', `/${operation.split(' ')[0]}/@connections`)]
    case 'sts':
      return operation === 'AssumeRole' ? [right('sts:AssumeRole')] : []
    default:
      return [right(`${service}:${operation}`)]
  }
}

const granted = () => {
  const { template, dispose } = synthesize()
  dispose()
  return statementsIn(template).flatMap(({ holder, statement }) =>
    listOf(statement.Action).map((action) => ({
      holder,
      action,
      resource: JSON.stringify(statement.Resource),
    })),
  )
}
const holderOf = (by: string): string => by.replaceAll('-', '')

test('no function makes a call that its role does not allow', () => {
  const outside = lab.calls
    .flatMap(rightsOf)
    .filter(
      ({ by, action, resource }) =>
        !allowed.some(
          (one) => one.holder === holderOf(by) && one.action === action && one.resource.includes(resource),
        ),
    )
    .map(({ by, action, resource }) => `${by}: ${action} ${resource}`)

  expect(lab.calls.length).toBeGreaterThan(100)
  expect([...new Set(outside)].toSorted()).toEqual([])
})

/** Rights that are for what this does not walk through. */
const forOtherWays: readonly (readonly [right: RegExp, what: string])[] = [
  [/: rds-data:RollbackTransaction$/, 'a transaction that fails'],
  [/: sqs:(GetQueueAttributes|GetQueueUrl|SendMessage)$/, 'Lambda itself, for what failed for good'],
  [/^onmessage: rds-data:(Begin|Commit)Transaction$/, 'a text that comes in parts'],
  [/^startdriftchecks: (rds-data|states):/, 'a check that is due'],
  [/^migrateplatform: lambda:InvokeFunction$/, 'more tenants than one invocation brings up to date'],
  [/: secretsmanager:PutSecretValue$/, 'a tenant whose making broke off'],
  [/^(run|execute)statements: lambda:InvokeFunction$/, 'a run that waited for its turn'],
  [/^recoverruns: (execute-api|lambda|secretsmanager|states):/, 'what was left alone'],
  [/^rotatesecrets: secretsmanager:CreateSecret$/, 'a login whose secret is gone'],
]

test('no role allows an action that its function never takes', () => {
  const functions = new Set(lab.calls.map(({ by }) => holderOf(by)))
  const used = new Set(lab.calls.flatMap(rightsOf).map(({ by, action }) => `${holderOf(by)}: ${action}`))
  const unused = allowed
    .filter(({ holder, action }) => functions.has(holder) && !/^(logs|xray|kms):/.test(action))
    .map(({ holder, action }) => `${holder}: ${action}`)
    .filter((right) => !used.has(right))
    // It does what run-statements does, for runs that take longer than one invocation.
    .filter((right) => !used.has(right.replace('executestatements', 'runstatements')))

  const unexplained = unused.filter((right) => !forOtherWays.some(([pattern]) => pattern.test(right)))

  expect([...new Set(unexplained)].toSorted()).toEqual([])
})
