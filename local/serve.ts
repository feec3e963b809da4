/** The product on one machine, on top of a database and a cloud that are there: ports, handlers, machines, gateway. */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { handler as authorize } from '#functions/authorize.ts'
import { handler as executeStatements } from '#functions/execute-statements.ts'
import { handler as connect } from '#functions/on-connect.ts'
import { handler as disconnect } from '#functions/on-disconnect.ts'
import { handler as message } from '#functions/on-message.ts'
import { handler as recover } from '#functions/recover-runs.ts'
import { handler as runStatements } from '#functions/run-statements.ts'
import { handler as stepExecution } from '#functions/step-execution.ts'
import { apiGatewayConnections } from '#operations/connection/api-gateway-connections.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { useHost } from '#operations/host.ts'
import type { Cipher, Cloud, Connections, Log, Ports, SecretKeys } from '#operations/ports.ts'
import { purgeExpired } from '#operations/retention/purge-expired.ts'
import { recoverRuns } from '#operations/run/recover-runs.ts'
import { systemClock } from '#operations/system-clock.ts'
import { ensureLocalTenant } from '#operations/tenant/ensure-local-tenant.ts'
import { loginRepair } from '#operations/tenant/restore-tenant.ts'
import type { DataApi } from '#postgres/data-api.ts'
import type { Database } from '#postgres/database.ts'
import { repairingDataApi } from '#postgres/repairing-data-api.ts'
import type { Secrets } from '#postgres/secrets.ts'
import { startGateway } from './gateway/gateway.ts'
import { invocationContext } from './gateway/handlers.ts'
import { repeat } from './repeat.ts'
import { type LocalStateMachines, localStateMachines } from './state-machines.ts'

export interface Foundation {
  readonly port: number
  readonly token: string
  readonly dataApi: DataApi
  readonly platform: Database
  readonly secrets: Secrets
  readonly cipher: Cipher
  readonly secretKeys: SecretKeys
  readonly cloud: Cloud
  readonly modules: Ports['modules']
  readonly log: Log
  readonly defaults: Ports['defaults']
}

export interface Serving {
  readonly url: string
  readonly ports: Ports
  readonly machines: LocalStateMachines
  /** Stops taking messages, lets what is at work come to a safe point, closes connections. */
  close(): Promise<void>
}

const functionTimeoutMs = 900_000
/** How often runs and executions that were left alone are looked for. */
const sweepMs = 30_000
/** How often what is kept no longer is deleted, as the schedule does on AWS; not while the server is starting. */
const purge = { firstMs: 600_000, everyMs: 3_600_000 }

const call =
  <Event, Result>(name: string, handler: (event: Event, context: never) => Promise<Result>) =>
  (event: Event): Promise<Result> =>
    handler(event, invocationContext(name, functionTimeoutMs) as never)

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
  const { dataApi, platform, cipher, secretKeys, cloud, modules, log, defaults, secrets } = foundation
  const machines = localStateMachines({
    handlers: {
      executeStatements: call('execute-statements', executeStatements),
      stepExecution: call('step-execution', stepExecution),
    },
    log,
  })
  const running = new Set<Promise<unknown>>()
  const start = call('run-statements', runStatements)
  const sweep = call('recover-runs', recover)
  const invoker: Ports['invoker'] = {
    runStatements: async (input) => {
      const work = start(input)
        .catch((error: unknown) => log('error', 'A run ended with an error.', { ...input, error }))
        .finally(() => running.delete(work))
      running.add(work)
    },
  }
  const { connections, open } = lateConnections()
  const ports: Ports = {
    dataApi: repairingDataApi(dataApi, loginRepair({ platform, secrets, log, modules })),
    platform,
    cloud,
    modules,
    clock: systemClock,
    invoker,
    machines,
    connections,
    cipher,
    secretKeys,
    log,
    defaults,
  }
  useHost(ports)
  await ensureLocalTenant(ports, {
    secrets,
    alias: 'local',
    tokenHash: createHash('sha256').update(foundation.token).digest('hex'),
  })
  await recoverRuns(ports, { isSole: true })
  const handlers = { authorize, connect, disconnect, message }
  const gateway = await startGateway({ port: foundation.port, handlers, log })
  const close = open(gateway.managementEndpoint)
  await recoverExecutions(ports, { sole: true })
  const schedules = [
    repeat({
      firstMs: sweepMs,
      everyMs: sweepMs,
      work: () => sweep({}),
      // The function has logged it.
      failed: () => undefined,
    }),
    repeat({
      ...purge,
      work: (signal) => purgeExpired(ports, { signal }),
      failed: (error) => log('warn', 'What is kept no longer could not be deleted.', { error }),
    }),
  ]
  return {
    url: gateway.url,
    ports,
    machines,
    close: async () => {
      const stopped = schedules.map((schedule) => schedule.stop())
      await gateway.close()
      await machines.close()
      await Promise.race([Promise.all([...running, ...stopped]), delay(5_000, undefined, { ref: false })])
      close()
    },
  }
}
