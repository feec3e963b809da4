/** The product on one machine, on top of a database and a cloud that are there: ports, handlers, machines, gateway. */
import { setTimeout as delay } from 'node:timers/promises'
import { handler as authorize } from '#functions/authorize.ts'
import { handler as checkDrift } from '#functions/check-drift.ts'
import { handler as executeStatements } from '#functions/execute-statements.ts'
import { handler as http } from '#functions/http-api.ts'
import { handler as connect } from '#functions/on-connect.ts'
import { handler as disconnect } from '#functions/on-disconnect.ts'
import { handler as message } from '#functions/on-message.ts'
import { handler as recover } from '#functions/recover-runs.ts'
import { handler as runStatements } from '#functions/run-statements.ts'
import { handler as startDriftChecks } from '#functions/start-drift-checks.ts'
import { handler as stepExecution } from '#functions/step-execution.ts'
import { apiGatewayConnections } from '#operations/connection/api-gateway-connections.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { useHost } from '#operations/host.ts'
import { textHash } from '#operations/people/bearer-text.ts'
import type {
  Accounts,
  Cipher,
  Cloud,
  Connections,
  Identity,
  Log,
  Ports,
  SecretKeys,
  Waking,
} from '#operations/ports.ts'
import { recoverRuns } from '#operations/run/recover-runs.ts'
import { systemClock } from '#operations/system-clock.ts'
import { eachCell } from '#operations/tenant/cells.ts'
import { ensureLocalTenant } from '#operations/tenant/ensure-local-tenant.ts'
import { migrateCells } from '#operations/tenant/migrate-cells.ts'
import { loginRepair } from '#operations/tenant/restore-tenant.ts'
import { upgradePlatform } from '#operations/tenant/upgrade-platform.ts'
import type { DataApi } from '#postgres/data-api.ts'
import { type Database, databaseOver } from '#postgres/database.ts'
import { repairingDataApi } from '#postgres/repairing-data-api.ts'
import type { Secrets } from '#postgres/secrets.ts'
import { spillingDataApi } from '#postgres/spilling-data-api.ts'
import { type FunctionSettings, type LocalFunctions, localFunctions } from './functions.ts'
import { startGateway } from './gateway/gateway.ts'
import { platformSecret } from './postgres/prepare-platform.ts'
import { startSchedules } from './schedules.ts'
import { type LocalStateMachines, localStateMachines } from './state-machines.ts'

export interface Foundation {
  readonly port: number
  readonly token: string
  readonly dataApi: DataApi
  readonly platform: Database
  readonly secrets: Secrets
  readonly cipher: Cipher
  readonly secretKeys: SecretKeys
  readonly identity?: Identity | undefined
  readonly cloud: Cloud
  readonly accounts?: Accounts
  readonly modules: Ports['modules']
  readonly log: Log
  readonly defaults: Ports['defaults']
  readonly functions?: FunctionSettings | undefined
  readonly waking?: Waking | undefined
}

export interface Serving {
  readonly url: string
  readonly ports: Ports
  readonly machines: LocalStateMachines
  readonly functions: LocalFunctions
  /** Stops taking messages, lets what is at work come to a safe point, closes connections. */
  close(): Promise<void>
}

/** Before the gateway listens nobody is connected, so every post finds the client gone. */
const lateConnections = () => {
  let posting: ReturnType<typeof apiGatewayConnections> | undefined
  const connections: Connections = {
    post: async (connectionId, message) => (posting ? posting.post(connectionId, message) : 'gone'),
    disconnect: async (connectionId) => posting?.disconnect(connectionId),
  }
  const open = (endpoint: string) => {
    posting = apiGatewayConnections({
      endpoint,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    })
    return () => posting?.close()
  }
  return { connections, open }
}

/** Serves on loopback. Rejects with a message for people when the port is taken. */
export async function serve(foundation: Foundation): Promise<Serving> {
  const { dataApi, platform, cipher, secretKeys, identity, cloud, modules, log, defaults, secrets } =
    foundation
  const cells = spillingDataApi(dataApi)
  const cellDatabase = (database: string) => databaseOver(cells, { secret: platformSecret, database })
  const functions = localFunctions(log, foundation.functions)
  const { behind, call } = functions
  const machines = localStateMachines({
    handlers: {
      executeStatements: call('execute-statements', executeStatements),
      stepExecution: call('step-execution', stepExecution),
      checkDrift: call('check-drift', checkDrift),
    },
    log,
  })
  const running = new Set<Promise<unknown>>()
  const start = functions.send('run-statements', runStatements)
  const invoker: Ports['invoker'] = {
    runStatements: async (input) => start(input),
    moveTenant: async (input) => start(input),
  }
  const { connections, open } = lateConnections()
  const ports: Ports = {
    dataApi: repairingDataApi(dataApi, loginRepair({ platform, cellDatabase, secrets, log, modules })),
    platform,
    cellDatabase,
    cloud,
    accounts: foundation.accounts,
    modules,
    clock: systemClock,
    invoker,
    machines,
    connections,
    cipher,
    secretKeys,
    secrets,
    identity,
    log,
    waking: foundation.waking,
    news: { publish: async (kind, detail) => log('info', kind, detail) },
    defaults,
  }
  useHost(ports)
  await ensureLocalTenant(ports, {
    secrets,
    alias: 'local',
    tokenHash: textHash(foundation.token),
  })
  await migrateCells(ports)
  await eachCell(ports, (there) => recoverRuns(there, { isSole: true }))
  const handlers = {
    authorize: behind('authorize', authorize),
    connect: behind('on-connect', connect),
    disconnect: behind('on-disconnect', disconnect),
    message: behind('on-message', message),
    http: behind('http-api', http),
  }
  const gateway = await startGateway({ port: foundation.port, handlers, log })
  const close = open(gateway.managementEndpoint)
  await eachCell(ports, (there) => recoverExecutions(there, { sole: true }))
  let isClosing = false
  // They are served as they are until it is their turn.
  const upgrading: Promise<unknown> = upgradePlatform(ports, { isOver: () => isClosing })
    .catch((error: unknown) => log('error', 'Tenants could not be brought up to date.', { error }))
    .finally(() => running.delete(upgrading))
  running.add(upgrading)
  const schedules = startSchedules(ports, {
    recoverRuns: call('recover-runs', recover),
    startDriftChecks: call('start-drift-checks', startDriftChecks),
  })
  return {
    url: gateway.url,
    ports,
    machines,
    functions,
    close: async () => {
      isClosing = true
      const stopped = schedules.map((schedule) => schedule.stop())
      await gateway.close()
      await machines.close()
      const working = [...running, ...stopped, functions.close()]
      await Promise.race([Promise.all(working), delay(5_000, undefined, { ref: false })])
      close()
    },
  }
}
