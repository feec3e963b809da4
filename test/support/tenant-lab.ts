/** A tenant with a database and a cloud of its own, whose functions are called as the run machinery calls them. */

import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type CloudCall, createCloud } from '#aws/create-cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { Role } from '#engine/model/rpc.ts'
import { type Registry, registry } from '#modules/registry.ts'
import { stepExecution } from '#operations/execution/step-execution.ts'
import type { Accounts, Cloud, Log, Ports } from '#operations/ports.ts'
import { callRpc, completeRpc } from '#operations/rpc/registry.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { type Database, databaseOver } from '#postgres/database.ts'
import type { Secrets } from '#postgres/secrets.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { openTestDatabase } from './database.ts'
import { startTestMoto } from './moto.ts'
import { placed } from './placement.ts'
import { testSecretKeys } from './secret-keys.ts'

export interface CallOptions {
  readonly actor?: string
  readonly role?: Role
  readonly connectionId?: string
}

/** `create vpc`: a line of a plan or result. */
export const lineOf = (row: Row): string => `${String(row.action)} ${String(row.table_name)}`

export interface TenantLab {
  /** Where the tenant is. */
  readonly ports: Ports
  /** Of whoever does not know yet whose work it is. */
  readonly whole: Ports
  readonly tenant: Tenant
  readonly endpoint: string
  /** Of the database, for further tenants. */
  readonly secrets: Secrets
  /** As the tenant's writer. */
  readonly user: Database
  /** Cloud calls made so far, by operation. */
  readonly calls: CloudCall[]
  /** Executions that were started without anybody waiting for them. */
  readonly started: string[]
  /** Rows of `SELECT * FROM name(arguments)`; throws what the statement would raise. */
  call(name: string, given?: readonly Json[], options?: CallOptions): Promise<readonly Row[]>
  /** The same up to the point where an execution is stored. */
  begin(name: string, given?: readonly Json[], options?: CallOptions): Promise<string>
  /** Steps an execution to its end. */
  drive(executionId: string, ports?: Ports): Promise<void>
  resetCloud(): Promise<void>
  close(): Promise<void>
}

/** Arguments as the SQL functions fill them in. */
export const callDefaults: Readonly<Record<string, readonly Json[]>> = {
  iasql_preview: [false],
  iasql_apply: [null, false, true, 'wait'],
  iasql_sync: [[]],
  iasql_commit: [null],
}

export interface LabOptions {
  readonly wrapCloud?: (cloud: Cloud, platform: Database) => Cloud
  readonly budgetMs?: number
  /** Instead of printing errors: for tests that provoke them. */
  readonly log?: Log
  /** Instead of the modules on offer. */
  readonly modules?: Registry
  readonly accounts?: Accounts
}

const printErrors: Log = (level, message, fields) => {
  if (level === 'error') console.error(message, fields)
}

export async function openTenantLab({
  wrapCloud = (cloud) => cloud,
  budgetMs = 60_000,
  log = printErrors,
  modules = registry,
  accounts,
}: LabOptions = {}): Promise<TenantLab> {
  const [database, moto] = await Promise.all([openTestDatabase(), startTestMoto()])
  const calls: CloudCall[] = []
  const started: string[] = []
  const cloud = createCloud({
    profile: 'emulator',
    endpoint: moto.endpoint,
    onCall: (call) => calls.push(call),
  })
  const whole: Ports = {
    dataApi: database.dataApi,
    platform: database.platform,
    cellDatabase: database.cellDatabase,
    cloud: wrapCloud(cloud, database.platform),
    accounts,
    modules: async () => modules,
    clock: {
      now: () => new Date(),
      sleep: async (ms, signal) => {
        await delay(ms, undefined, signal ? { signal } : {})
      },
    },
    invoker: { runStatements: async () => undefined, moveTenant: async () => undefined },
    machines: {
      start: async (_, __, input) => {
        started.push((input as { executionId: string }).executionId)
      },
    },
    connections: { post: async () => 'gone', disconnect: async () => undefined },
    cipher: { encrypt: async (text) => text, decrypt: async (text) => text },
    secretKeys: testSecretKeys(),
    secrets: database.secrets,
    log,
    defaults: { accountId: '123456789012', region: 'us-east-1', budgetMs },
  }
  const made = await createTenant(whole, { alias: 'local', secrets: database.secrets })
  const { ports, tenant } = await placed(whole, made)
  const drive = async (executionId: string, with_: Ports = whole): Promise<void> => {
    for (;;) {
      const step = await stepExecution(with_, { tenantId: tenant.id, executionId })
      if (step.next === 'done') return
      if (step.next === 'wait') await delay(step.seconds * 1_000)
    }
  }
  const request = (
    name: string,
    given: readonly Json[],
    { actor = 'ann', role = 'owner', connectionId }: CallOptions,
  ) => ({
    tenant,
    name,
    arguments: given,
    actor,
    role,
    runId: randomUUID(),
    statement: 0,
    context: randomUUID(),
    ...(connectionId === undefined ? {} : { connectionId }),
  })
  return {
    ports,
    whole,
    tenant,
    endpoint: moto.endpoint,
    secrets: database.secrets,
    user: databaseOver(database.dataApi, tenant.writer),
    calls,
    started,
    drive,
    async call(name, given = callDefaults[name] ?? [], options = {}) {
      const call = request(name, given, options)
      const answer = await callRpc(ports, call)
      if (answer.kind === 'rows') {
        if (answer.isToComplete) await completeRpc(ports, [call], async () => undefined)
        return answer.rows
      }
      await drive(answer.executionId)
      return await readResult(ports.platform, tenant, call.context)
    },
    async begin(name, given = callDefaults[name] ?? [], options = {}) {
      const answer = await callRpc(ports, request(name, given, options))
      if (answer.kind === 'rows') throw new Error(`${name} answered without an execution`)
      return answer.executionId
    },
    resetCloud: () => moto.reset(),
    async close() {
      cloud.close()
      await Promise.all([database.close(), moto.stop()])
    },
  }
}

export async function readResult(db: Database, tenant: Tenant, context: string): Promise<readonly Row[]> {
  const [result] = await db.query<{ result_id: number; error: Record<string, string> | null }>(
    `SELECT result_id, error FROM ${tenant.schema}.iasql_rpc_result WHERE context = :context::uuid`,
    { context },
  )
  if (!result) throw new Error('the execution left no result')
  if (result.error) {
    const { code, message = '', detail, hint, awsRequestId } = result.error
    throw new IasqlError(code as ConstructorParameters<typeof IasqlError>[0], message, {
      ...(detail ? { detail } : {}),
      ...(hint ? { hint } : {}),
      ...(awsRequestId ? { awsRequestId } : {}),
    })
  }
  const rows = await db.query<{ body: Row }>(
    `SELECT body FROM ${tenant.schema}.iasql_rpc_result_row WHERE result_id = :id::bigint ORDER BY ordinal LIMIT 5000`,
    { id: result.result_id },
  )
  return rows.map((row) => row.body)
}
