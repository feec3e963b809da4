/** The functions as they are deployed: each with ports of its own, made from the environment, and every AWS call recorded. */
import { createHash } from 'node:crypto'
import { handler as authorize } from '#functions/authorize.ts'
import { handler as checkDrift } from '#functions/check-drift.ts'
import { handler as executeStatements } from '#functions/execute-statements.ts'
import { handler as http } from '#functions/http-api.ts'
import { handler as connect } from '#functions/on-connect.ts'
import { handler as disconnect } from '#functions/on-disconnect.ts'
import { handler as message } from '#functions/on-message.ts'
import { handler as runStatements } from '#functions/run-statements.ts'
import { handler as stepExecution } from '#functions/step-execution.ts'
import { startGateway } from '#local/gateway/gateway.ts'
import { invocationContext } from '#local/gateway/handlers.ts'
import { localStateMachines } from '#local/state-machines.ts'
import { awsHost } from '#operations/aws-host.ts'
import { useHost } from '#operations/host.ts'
import { changePeople } from '#operations/people/change-people.ts'
import { migrateDeployment } from '#operations/platform/migrate-deployment.ts'
import type { MachineName, Ports } from '#operations/ports.ts'
import type { Database } from '#postgres/database.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import { replaceToken } from '#postgres/statements/token-replace.ts'
import { BareClient } from './bare-client.ts'
import { startControlServices } from './control-services.ts'
import { startDataApiServer } from './data-api-server.ts'
import { openTestDatabase } from './database.ts'
import { startTestMoto } from './moto.ts'
import { type RecordedCall, recordCalls } from './recorded-calls.ts'
import { type StrictSts, startStrictSts, trusting } from './strict-sts.ts'

export const linkedAccountId = '123456789012'
const platformRole = `arn:aws:iam::111111111111:role/iasql-platform`
/** As whom all functions come; which of them it was, the recorder knows. */
export const functionKey = 'AKIAFUNCTION'
export const platformSecret = 'iasql/platform'
export const runKeySecret = 'run-key'
const token = 'first-owner-of-the-lab'

const names = (machine: string) => `arn:aws:states:us-east-1:111111111111:stateMachine:${machine}`

export interface DeployedLab {
  readonly client: BareClient
  readonly calls: readonly RecordedCall[]
  readonly platform: Database
  readonly sts: StrictSts
  /** As a schedule calls it. */
  call(name: string, handler: (event: object, context: never) => Promise<unknown>): Promise<void>
  /** Trusts us by the tenant's identifier. */
  trust(roleArn: string, externalId: string): void
  /** Nothing runs any more. */
  idle(): Promise<void>
  stop(): Promise<void>
}

/** `setVariable` puts a variable into the process's environment until the test is over. */
export async function openDeployedLab(
  setVariable: (name: string, value: string) => void,
): Promise<DeployedLab> {
  const recorder = recordCalls()
  const [database, moto, sts] = await Promise.all([openTestDatabase(), startTestMoto(), startStrictSts()])
  sts.callers.set(functionKey, 'arn:aws:iam::111111111111:role/functions')
  sts.roles.set(platformRole, trusting('arn:aws:iam::111111111111:role/functions'))
  const dataApi = await startDataApiServer(database.dataApi)
  const running = new Set<Promise<unknown>>()
  const as =
    <Event, Result>(name: string, handler: (event: Event, context: never) => Promise<Result>) =>
    (event: Event): Promise<Result> =>
      recorder.during(name, () => handler(event, invocationContext(name, 900_000) as never))
  const run = as('run-statements', runStatements)
  const log = () => undefined
  const machines = localStateMachines({
    handlers: {
      executeStatements: as('execute-statements', executeStatements),
      stepExecution: as('step-execution', stepExecution),
      checkDrift: as('check-drift', checkDrift),
    },
    log,
  })
  const control = await startControlServices({
    logins: database.secrets,
    ownKey: functionKey,
    cloud: moto.endpoint,
    texts: new Map([[runKeySecret, '0f'.repeat(32)]]),
    invoke: (_, payload) => {
      const work = run(payload).finally(() => running.delete(work))
      running.add(work)
    },
    startExecution: (machine, name, input) => machines.start(machine as MachineName, name, input),
  })
  const gateway = await startGateway({
    port: 0,
    handlers: {
      authorize: as('authorize', authorize),
      connect: as('on-connect', connect),
      disconnect: as('on-disconnect', disconnect),
      message: as('on-message', message),
      http: as('http-api', http),
    },
    log,
  })
  const environment: Readonly<Record<string, string>> = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: functionKey,
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: moto.endpoint,
    AWS_ENDPOINT_URL_RDS_DATA: dataApi.endpoint,
    AWS_ENDPOINT_URL_STS: sts.url,
    ...Object.fromEntries(
      ['SECRETS_MANAGER', 'LAMBDA', 'SFN', 'EVENTBRIDGE'].map((service) => [
        `AWS_ENDPOINT_URL_${service}`,
        control.url,
      ]),
    ),
    IASQL_CLUSTER_ARN: 'arn:aws:rds:us-east-1:111111111111:cluster:iasql',
    IASQL_PLATFORM_SECRET_ARN: platformSecret,
    IASQL_DATABASE: database.databaseName,
    IASQL_RUN_FUNCTION: 'iasql-run-statements',
    IASQL_RUN_MACHINE_ARN: names('run'),
    IASQL_EXECUTION_MACHINE_ARN: names('execution'),
    IASQL_DRIFT_MACHINE_ARN: names('drift'),
    IASQL_CONNECTIONS_ENDPOINT: gateway.managementEndpoint,
    IASQL_RUN_KEY_SECRET: runKeySecret,
    IASQL_EVENT_BUS: 'iasql',
    IASQL_PLATFORM_ROLE: platformRole,
  }
  for (const [name, value] of Object.entries(environment)) setVariable(name, value)
  useHost(portsOfEach(recorder.current))
  await as('migrate-platform', () => migrate(recorder.current))({})
  const client = await BareClient.open(gateway.url, token)
  const idle = async (): Promise<void> => {
    await Promise.allSettled([...running])
    await machines.idle()
  }
  return {
    client,
    calls: recorder.calls,
    platform: database.platform,
    sts,
    async call(name, handler) {
      await as(name, handler)({})
      await idle()
    },
    trust: (roleArn, externalId) => void sts.roles.set(roleArn, trusting(platformRole, externalId)),
    idle,
    async stop() {
      client.close()
      await gateway.close()
      await idle()
      await machines.close()
      recorder.stop()
      await Promise.all([control.stop(), dataApi.close(), moto.stop(), sts.stop()])
      await database.close()
    },
  }
}

const madeHosts = (): ((name: string) => Ports) => {
  const made = new Map<string, Ports>()
  return (name) => {
    const ports = made.get(name) ?? awsHost(process.env)
    made.set(name, ports)
    return ports
  }
}

/** No function shares anything with another: whose work it is when a port is asked for decides whose port it is. */
function portsOfEach(current: () => string | undefined): Ports {
  const hostOf = madeHosts()
  const keys = Object.keys(hostOf('nobody')) as readonly (keyof Ports)[]
  const ports = {}
  for (const key of keys)
    Object.defineProperty(ports, key, { enumerable: true, get: () => hostOf(current() ?? 'nobody')[key] })
  return ports as Ports
}

/** As the deployment does it, and a token for whoever comes first. */
async function migrate(current: () => string | undefined): Promise<void> {
  const ports = portsOfEach(current)
  const { secrets } = ports
  if (!secrets) throw new Error('the host has no secrets')
  await migrateDeployment(
    ports,
    { secrets, firstOwnerSecret: async () => 'secret-of-the-first-owner' },
    { after: undefined, budgetMs: 600_000 },
  )
  const tenant = await findTenant(ports.platform, { alias: 'home' })
  if (!tenant) throw new Error('the deployment made no tenant')
  const tokenHash = createHash('sha256').update(token).digest('hex')
  await changePeople(ports, tenant, (db) =>
    replaceToken(db, { tenantId: tenant.id, name: 'lab', role: 'owner', tokenHash }),
  )
}
