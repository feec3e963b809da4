/** The real door on a database of its own: gateway, functions, an issuer, two tenants; and all the ways to knock. */
import { vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Role } from '#engine/model/rpc.ts'
import { handler as authorize } from '#functions/authorize.ts'
import { handler as http } from '#functions/http-api.ts'
import { handler as connect } from '#functions/on-connect.ts'
import { handler as disconnect } from '#functions/on-disconnect.ts'
import { handler as message } from '#functions/on-message.ts'
import { useHost } from '#operations/host.ts'
import { textHash } from '#operations/people/bearer-text.ts'
import { changePeople } from '#operations/people/change-people.ts'
import { oidcIdentity } from '#operations/people/oidc-identity.ts'
import type { Identity, Ports } from '#operations/ports.ts'
import { atTenant } from '#operations/tenant/cell.ts'
import type { Database } from '#postgres/database.ts'
import { provisionTenant } from '#postgres/provision-tenant.ts'
import { putMember } from '#postgres/statements/member-change.ts'
import { insertToken } from '#postgres/statements/token-change.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { BareClient } from './bare-client.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { startTestIssuer, type TestIssuer, testAudience } from './issuer.ts'
import { placed } from './placement.ts'

/** Of the pages that may connect. */
export const ownOrigin = 'https://iasql.example'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, string>
}

export interface PeopleLab {
  readonly database: TestDatabase
  readonly gateway: TestGateway
  readonly issuer: TestIssuer
  readonly acme: Tenant
  /** Where acme is. */
  readonly there: Ports
  readonly beta: Tenant
  readonly ports: Ports
  /** Messages with their fields, as text. */
  readonly logged: string[]
  /** Another issuer, or none, until `reset`. */
  withIdentity(identity: Identity | undefined): void
  /** No members, tokens, tickets, failures or connections. */
  reset(): Promise<void>
  addMember(tenant: Tenant, subject: string, role?: Role): Promise<void>
  addToken(
    tenant: Tenant,
    token: string,
    more?: { name?: string; role?: Role; expiresAt?: string },
  ): Promise<void>
  run(sql: string): Promise<number>
  query<Row extends object>(sql: string): Promise<readonly Row[]>
  post(path: string, request?: PostOptions): Promise<Answer>
  /** A ticket's text; throws what it was refused with. */
  ticket(bearer: string, request?: PostOptions): Promise<string>
  /** Opens a socket as a page does: `open`, or the status of the refusal. */
  knock(query: string, origin?: string): Promise<string>
  open(bearer: string | undefined, query?: string): Promise<BareClient>
  close(): Promise<void>
}

interface PostOptions {
  readonly bearer?: string
  readonly origin?: string
  readonly body?: object | string
}

export async function openPeopleLab(): Promise<PeopleLab> {
  const [database, issuer, gateway] = await Promise.all([
    openTestDatabase(),
    startTestIssuer(),
    startTestGateway({ authorize, connect, disconnect, message, http }),
  ])
  const { platform, cellDatabase, secrets, databaseName, dataApi } = database
  const make = (db: Database, alias: string) =>
    provisionTenant(db, secrets, { alias, database: databaseName })
  const [shared, beta] = [await make(platform, 'acme'), await make(platform, 'beta')]
  const identity = oidcIdentity({ issuer: issuer.url, audiences: [testAudience] })
  // What a message that starts nothing needs of the world.
  const logged: string[] = []
  const ports = {
    dataApi,
    platform,
    cellDatabase,
    identity,
    connections: gateway.connections,
    log: (...entry: unknown[]) => void logged.push(JSON.stringify(entry)),
  } as unknown as Ports
  const { ports: there, tenant: acme } = await placed(ports, shared, (cell, alias) =>
    make(cell.platform, alias),
  )
  vi.stubEnv('IASQL_ALLOWED_ORIGINS', ownOrigin)
  const httpUrl = gateway.url.replace(/^ws/, 'http').replace(/\/$/, '')
  const sockets: WebSocket[] = []
  const opened = (socket: WebSocket): WebSocket => {
    sockets.push(socket)
    return socket
  }

  const post: PeopleLab['post'] = async (path, { bearer, origin, body = {} } = {}) => {
    const response = await fetch(`${httpUrl}${path}`, {
      method: 'POST',
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(origin === undefined ? {} : { origin }),
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const { status, headers } = response
    return { status, headers, body: (await response.json()) as Record<string, string> }
  }
  return {
    database,
    gateway,
    issuer,
    acme,
    there,
    beta,
    ports,
    logged,
    withIdentity: (other) => useHost({ ...ports, identity: other }),
    reset: async () => {
      useHost(ports)
      for (const socket of sockets.splice(0)) socket.terminate()
      for (const table of ['member', 'token', 'ticket', 'sign_in_failure', 'first_owner', 'connection'])
        await platform.run(`DELETE FROM iasql_platform.${table}`)
      await platform.run("UPDATE iasql_platform.tenant SET state = 'active'")
    },
    addMember: async ({ id, schema }, subject, role = 'viewer') => {
      const { ports: at } = await atTenant(ports, id)
      await changePeople(at, { id, schema }, (db) => putMember(db, { tenantId: id, subject, role }))
    },
    addToken: async ({ id, schema }, token, { name = 'ci', role = 'operator', expiresAt } = {}) => {
      const made = { tenantId: id, name, role, tokenHash: textHash(token), expiresAt: expiresAt ?? null }
      const { ports: at } = await atTenant(ports, id)
      await changePeople(at, { id, schema }, (db) => insertToken(db, made))
    },
    run: (sql) => platform.run(sql),
    query: (sql) => platform.query(sql),
    post,
    ticket: async (bearer, request = {}) => {
      const { status, body } = await post('/ticket', { bearer, ...request })
      if (status !== 200) throw new Error(`${status} ${body.code}: ${body.message}`)
      return body.ticket ?? ''
    },
    knock: (query, origin) =>
      new Promise((resolve, reject) => {
        const socket = opened(
          new WebSocket(`${gateway.url}${query}`, 'iasql.v1', origin === undefined ? {} : { origin }),
        )
        socket.on('open', () => resolve('open'))
        socket.on('unexpected-response', (_request, response) => resolve(String(response.statusCode)))
        socket.on('error', reject)
      }),
    open: async (bearer, query = '') => {
      const client = await BareClient.open(`${gateway.url}${query}`, bearer)
      opened(client.socket)
      return client
    },
    close: async () => {
      vi.unstubAllEnvs()
      await gateway.close()
      await issuer.close()
      await database.close()
    },
  }
}
