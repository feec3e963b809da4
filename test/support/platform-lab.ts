/** A platform with its home tenant and no cloud: for what is done to tenants rather than in them. */
import { randomUUID } from 'node:crypto'
import type { Json, Row } from '#engine/model/json.ts'
import type { Role } from '#engine/model/rpc.ts'
import { registry } from '#modules/registry.ts'
import type { Ports } from '#operations/ports.ts'
import { callRpc } from '#operations/rpc/registry.ts'
import { systemClock } from '#operations/system-clock.ts'
import { atTenant } from '#operations/tenant/cell.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { type Database, databaseOver } from '#postgres/database.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { testSecretKeys } from './secret-keys.ts'

interface Caller {
  readonly tenant?: Tenant
  readonly actor?: string
  readonly role?: Role
  readonly connectionId?: string
}

export interface PlatformLab {
  readonly database: TestDatabase
  readonly platform: Database
  readonly ports: Ports
  readonly home: Tenant
  /** `level message`, as it was logged. */
  readonly logged: string[]
  /** What was posted, as `connection code`, and which connections were closed. */
  readonly posted: string[]
  readonly closed: string[]
  create(alias: string): Promise<Tenant>
  /** Rows of the function; throws what the statement would raise. */
  call(name: string, given: readonly Json[], caller?: Caller): Promise<readonly Row[]>
  as(tenant: Tenant, who: 'reader' | 'writer'): Database
  close(): Promise<void>
}

export async function openPlatformLab(): Promise<PlatformLab> {
  const database = await openTestDatabase()
  const { platform, cellDatabase, dataApi, secrets } = database
  const logged: string[] = []
  const posted: string[] = []
  const closed: string[] = []
  const ports = {
    platform,
    cellDatabase,
    dataApi,
    secrets,
    secretKeys: testSecretKeys(),
    clock: systemClock,
    modules: async () => registry,
    connections: {
      post: async (connectionId: string, message: string) => {
        posted.push(`${connectionId} ${JSON.parse(message).error.code}`)
        return 'sent'
      },
      disconnect: async (connectionId: string) => void closed.push(connectionId),
    },
    log: (level: string, message: string) => void logged.push(`${level} ${message}`),
    defaults: { accountId: '123456789012', region: 'eu-west-1', budgetMs: 60_000 },
  } as unknown as Ports
  const create = (alias: string) => createTenant(ports, { alias, secrets })
  const home = await create('home')
  return {
    database,
    platform,
    ports,
    home,
    logged,
    posted,
    closed,
    create,
    call: async (name, given, { tenant = home, actor = 'root', role = 'owner', connectionId } = {}) => {
      const ids = { runId: randomUUID(), statement: 0, context: randomUUID() }
      const call = { tenant, name, arguments: given, actor, role, ...ids }
      const there = await atTenant(ports, tenant.id)
      const answer = await callRpc(there.ports, { ...call, ...(connectionId ? { connectionId } : {}) })
      if (answer.kind !== 'rows') throw new Error(`${name} answered with an execution`)
      return answer.rows
    },
    as: (tenant, who) => databaseOver(dataApi, tenant[who]),
    close: () => database.close(),
  }
}
