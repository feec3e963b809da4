/** The functions as they are deployed: each with ports of its own, made from the environment, and every AWS call recorded. */
import { createHash } from 'node:crypto'
import { handler as authorize } from '#functions/authorize.ts'
import { handler as checkDrift } from '#functions/check-drift.ts'
import { handler as executeStatements } from '#functions/execute-statements.ts'
import { handler as http } from '#functions/http-api.ts'
import { handler as migratePlatform } from '#functions/migrate-platform.ts'
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
import type { MachineName, Ports } from '#operations/ports.ts'
import type { Database } from '#postgres/database.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import { replaceToken } from '#postgres/statements/token-replace.ts'
import { BareClient } from './bare-client.ts'
import { type CloudFormation, startCloudFormation } from './cloud-formation.ts'
import { startControlServices } from './control-services.ts'
import { type DataApiServer, startDataApiServer } from './data-api-server.ts'
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
export const firstOwnerSecret = 'first-owner'
const firstOwnerText = 'secret-of-the-first-owner'
const token = 'first-owner-of-the-lab'

const names = (machine: string) => `arn:aws:states:us-east-1:111111111111:stateMachine:${machine}`

/** Something that was sent off without waiting: to `run-statements`, or to a state machine. */
interface Sent {
  readonly to: string
  readonly runId?: string
  readonly executionId?: string
}

export interface DeployedLab {
  readonly client: BareClient
  /** `ws://127.0.0.1:…/` */
  readonly url: string
  readonly dataApi: DataApiServer
  readonly cloudFormation: CloudFormation
  readonly calls: readonly RecordedCall[]
  readonly platform: Database
  readonly sts: StrictSts
  /** As a schedule calls it; resolves when all that it began is over. */
  call(name: string, handler: (event: never, context: never) => Promise<unknown>): Promise<void>
  /** As CloudFormation has the database brought up to date, with so much of the function's time. */
  deploy(remainingMs?: number): Promise<void>
  /** Work as that of a function. */
  during<Result>(name: string, work: () => Promise<Result>): Promise<Result>
  /** The next `times` of what `fits` never arrive. */
  lose(fits: (sent: Sent) => boolean, times: number): void
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
    <Event, Result>(
      name: string,
      handler: (event: Event, context: never) => Promise<Result>,
      remainingMs = 900_000,
    ) =>
    (event: Event): Promise<Result> =>
      recorder.during(name, () => handler(event, invocationContext(`iasql-${name}`, remainingMs) as never))
  const functions: Readonly<Record<string, (event: never) => Promise<unknown>>> = {
    'iasql-run-statements': as('run-statements', runStatements),
    'iasql-migrate-platform': as('migrate-platform', migratePlatform),
  }
  const losses: { readonly fits: (sent: Sent) => boolean; times: number }[] = []
  const isLost = (sent: Sent): boolean => {
    const loss = losses.find(({ fits, times }) => times > 0 && fits(sent))
    if (loss) loss.times -= 1
    return loss !== undefined
  }
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
    texts: new Map([
      [runKeySecret, '0f'.repeat(32)],
      [firstOwnerSecret, firstOwnerText],
    ]),
    invoke: (name, payload: Omit<Sent, 'to'>) => {
      if (isLost({ ...payload, to: name.replace('iasql-', '') })) return
      const work = Promise.resolve(functions[name]?.(payload as never))
        .catch(() => undefined)
        .finally(() => running.delete(work))
      running.add(work)
    },
    startExecution: async (machine, name, input) => {
      if (!isLost({ ...input, to: machine })) await machines.start(machine as MachineName, name, input)
    },
  })
  const cloudFormation = await startCloudFormation()
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
    IASQL_FIRST_OWNER_SECRET: firstOwnerSecret,
    IASQL_EVENT_BUS: 'iasql',
    IASQL_PLATFORM_ROLE: platformRole,
  }
  for (const [name, value] of Object.entries(environment)) setVariable(name, value)
  useHost(portsOfEach(recorder.current))
  const deploy = async (remainingMs = 900_000): Promise<void> => {
    await as('migrate-platform', migratePlatform, remainingMs)(cloudFormation.asking() as never)
  }
  await deploy()
  await makeOwner(portsOfEach(recorder.current))
  const client = await BareClient.open(gateway.url, token)
  const idle = async (): Promise<void> => {
    await Promise.allSettled([...running])
    await machines.idle()
  }
  return {
    client,
    url: gateway.url,
    dataApi,
    cloudFormation,
    calls: recorder.calls,
    platform: database.platform,
    sts,
    async call(name, handler) {
      await as(name, handler)({} as never)
      await idle()
    },
    deploy,
    during: (name, work) => recorder.during(name, work),
    lose: (fits, times) => void losses.push({ fits, times }),
    trust: (roleArn, externalId) => void sts.roles.set(roleArn, trusting(platformRole, externalId)),
    idle,
    async stop() {
      client.close()
      await gateway.close()
      await idle()
      await machines.close()
      recorder.stop()
      await Promise.all([control.stop(), dataApi.close(), moto.stop(), sts.stop(), cloudFormation.stop()])
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

/** A token for whoever comes first. */
async function makeOwner(ports: Ports): Promise<void> {
  const tenant = await findTenant(ports.platform, { alias: 'home' })
  if (!tenant) throw new Error('the deployment made no tenant')
  const tokenHash = createHash('sha256').update(token).digest('hex')
  await changePeople(ports, tenant, (db) =>
    replaceToken(db, { tenantId: tenant.id, name: 'lab', role: 'owner', tokenHash }),
  )
}
