/** A tenant on virtual time: the real operations on a real PostgreSQL, and a cloud that is simulated. */
import { randomUUID } from 'node:crypto'
import type { Json, Row } from '#engine/model/json.ts'
import { awsAccount } from '#modules/aws_account/module.ts'
import { type Registry, registryOf } from '#modules/registry.ts'
import { stepExecution } from '#operations/execution/step-execution.ts'
import { limitedCloud } from '#operations/limits/limited-cloud.ts'
import { sharedLimits } from '#operations/limits/shared-limits.ts'
import type { Cloud, Log, Ports } from '#operations/ports.ts'
import { callRpc } from '#operations/rpc/registry.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import type { DataApi } from '#postgres/data-api.ts'
import { type Database, databaseOver } from '#postgres/database.ts'
import { inProcessDataApi } from '#postgres/in-process-data-api.ts'
import { migratePlatform } from '#postgres/migrate.ts'
import type { Secrets } from '#postgres/secrets.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { startTestCluster } from '../cluster.ts'
import { Life } from '../life.ts'
import { testSecretKeys } from '../secret-keys.ts'
import { callDefaults, readResult } from '../tenant-lab.ts'
import { SimulatedCloud, type SimulatedCloudOptions } from './cloud.ts'
import { sim } from './module.ts'
import { shapes } from './shapes.ts'
import { openDatabaseTime, timedDataApi } from './timed-data-api.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface SimulatedLab {
  readonly clock: VirtualClock
  readonly cloud: SimulatedCloud
  readonly tenant: Tenant
  /** As the platform's role; outlives every worker. */
  readonly platform: Database
  /** As the tenant's writer; outlives every worker. */
  readonly user: Database
  readonly dataApi: DataApi
  /** A process that answers calls and drives executions. */
  openWorker(): Worker
  close(): Promise<void>
}

export interface CallOptions {
  readonly actor?: string
  readonly connectionId?: string
}

export interface Worker {
  readonly ports: Ports
  readonly isDead: boolean
  /** Rows of `SELECT * FROM name(arguments)`; throws what the statement would raise. */
  call(name: string, given?: readonly Json[], options?: CallOptions): Promise<readonly Row[]>
  /** Steps an execution to its end. */
  drive(executionId: string): Promise<void>
  /** Dies with its so many-th request to database or cloud; what is open then goes with `kill`. */
  dieAfter(requests: number): void
  /** Its memory is gone at this moment, and what it had asked for is nobody's. */
  kill(): Promise<void>
}

export interface SimulatedLabOptions extends Omit<SimulatedCloudOptions, 'clock'> {
  readonly modules?: Registry
  readonly budgetMs?: number
  readonly log?: Log
  /** Real milliseconds after which a statement counts as waiting for a lock; more where statements are large. */
  readonly patienceMs?: number
  /** Around the cloud of every worker: to break what a test wants broken. */
  readonly wrapCloud?: (cloud: Cloud) => Cloud
}

const accountId = '123456789012'
const region = 'us-east-1'

export const simulatedModules = registryOf([awsAccount, sim, shapes])

const printErrors: Log = (level, message, fields) => {
  if (level === 'error') console.error(message, fields)
}

/** @example const lab = await openSimulatedLab({ seed: 7 }); const worker = lab.openWorker() */
export async function openSimulatedLab(options: SimulatedLabOptions = {}): Promise<SimulatedLab> {
  const clock = new VirtualClock()
  const cluster = await startTestCluster()
  const time = await openDatabaseTime(cluster)
  const { host, port, secrets, database } = cluster
  const untimed = inProcessDataApi({ host, port, secrets })
  const dataApi = timedDataApi(untimed, clock, time, options.patienceMs)
  const platform = databaseOver(dataApi, { secret: 'iasql/platform', database })
  await migratePlatform(platform)
  const cloud = new SimulatedCloud({ regions: [region], ...options, clock })
  const portsOf = (life: Life): Ports => portsIn({ life, clock, cloud, dataApi, database, secrets, options })
  const tenant = await createTenant(portsOf(new Life()), { alias: 'local', secrets })
  return {
    clock,
    cloud,
    tenant,
    platform,
    user: databaseOver(dataApi, tenant.writer),
    dataApi,
    openWorker: () => openWorker(tenant, clock, portsOf),
    async close() {
      await untimed.close()
      await time.close()
      await cluster.stop()
    },
  }
}

interface Surroundings {
  readonly life: Life
  readonly clock: VirtualClock
  readonly cloud: SimulatedCloud
  readonly dataApi: DataApi
  readonly database: string
  readonly secrets: Secrets
  readonly options: SimulatedLabOptions
}

function portsIn({ life, clock, cloud, dataApi, database, secrets, options }: Surroundings): Ports {
  const log: Log = (...entry) => (life.isOver ? undefined : (options.log ?? printErrors)(...entry))
  const connected = life.connected(dataApi)
  const timed = life.waking(clock)
  const { wrapCloud = (same) => same } = options
  const cellDatabase = (name: string) => databaseOver(connected, { secret: 'iasql/platform', database: name })
  const platform = cellDatabase(database)
  const limits = sharedLimits({ db: platform, clock: timed, log })
  const wrapped = wrapCloud(life.calling(cloud))
  return {
    dataApi: connected,
    platform,
    cellDatabase,
    cloud: options.isLimited === false ? wrapped : limitedCloud(wrapped, limits),
    modules: async () => options.modules ?? simulatedModules,
    clock: timed,
    invoker: { runStatements: async () => undefined, moveTenant: async () => undefined },
    machines: { start: async () => undefined },
    connections: { post: async () => 'gone', disconnect: async () => undefined },
    cipher: { encrypt: async (text) => text, decrypt: async (text) => text },
    secretKeys: testSecretKeys(),
    secrets,
    log,
    defaults: { accountId, region, budgetMs: options.budgetMs ?? 600_000 },
  }
}

/** Its requests fail and its sleeps never end: what it keeps in memory that all workers share here is let go of. */
const dead = (): Promise<never> => Promise.reject(new Error('this worker has died'))

function openWorker(tenant: Tenant, clock: VirtualClock, portsOf: (life: Life) => Ports): Worker {
  const life = new Life(dead)
  const drive = async (executionId: string): Promise<void> => {
    for (;;) {
      const step = await stepExecution(ports, { tenantId: tenant.id, executionId })
      if (step.next === 'done') return
      if (step.next === 'wait') await ports.clock.sleep(step.seconds * 1_000)
    }
  }
  const ports: Ports = {
    ...portsOf(life),
    machines: {
      start: async (_, __, input) => {
        const { executionId } = input as { readonly executionId: string }
        void drive(executionId).catch((error: unknown) => ports.log('error', 'a machine failed', { error }))
      },
    },
  }
  return {
    ports,
    get isDead() {
      return life.isOver
    },
    drive,
    async call(name, given = callDefaults[name] ?? [], { actor = 'ann', connectionId } = {}) {
      const context = randomUUID()
      const answer = await callRpc(ports, {
        tenant,
        name,
        arguments: given,
        actor,
        role: 'owner',
        runId: randomUUID(),
        statement: 0,
        context,
        ...(connectionId === undefined ? {} : { connectionId }),
      })
      if (answer.kind === 'rows') return answer.rows
      await drive(answer.executionId)
      return await readResult(ports.platform, tenant, context)
    },
    dieAfter: (requests) => life.endAfter(requests),
    kill: () => clock.during(life.bury()),
  }
}
