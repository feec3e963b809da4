/** The whole product with two tenants on it: one that has something to lose, and one that wants it. */
import { Client } from 'pg'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { BareClient } from '../support/bare-client.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'
import { type Scene, victimSql, victimTransaction } from './attempt.ts'

export type Login = 'reader' | 'writer'

/** Rows, or the SQLSTATE and message of what refused them. */
export type Outcome =
  | { readonly kind: 'ran'; readonly rows: readonly (readonly unknown[])[] }
  | { readonly kind: 'refused'; readonly sqlstate: string; readonly message: string }

export interface IsolationLab {
  readonly host: LiveHost
  readonly scene: Scene
  readonly mallory: BareClient
  readonly victor: BareClient
  readonly tokens: { readonly mallory: string; readonly victor: string }
  connect(tenant: Tenant, who: Login, database?: string): Promise<Client>
  byLogin(who: Login, sql: string): Promise<Outcome>
  stop(): Promise<void>
}

export const sqlstateOf = (error: unknown): string => (error as { code?: string }).code ?? String(error)

/** @throws what the statement was refused with */
export async function rowsOf(client: BareClient, sql: string): Promise<(string | null)[][]> {
  const outcome = await byDoor(client, sql)
  if (outcome.kind === 'refused') throw new Error(`${outcome.sqlstate}: ${outcome.message}`)
  return outcome.rows as (string | null)[][]
}

export async function byDoor(client: BareClient, sql: string): Promise<Outcome> {
  const { statements, messages } = await client.run(sql)
  // What a client keeps of its messages is looked through for every one.
  client.messages.length = 0
  const error = (
    statements.find((statement) => statement.error) ?? messages.find(({ type }) => type === 'error')
  )?.error as { sqlstate: string; message: string } | undefined
  if (error) return { kind: 'refused', sqlstate: error.sqlstate, message: error.message }
  return { kind: 'ran', rows: statements.flatMap(({ rows }) => rows) }
}

export async function startIsolationLab(): Promise<IsolationLab> {
  const host = await startLiveHost()
  const join = async (alias: string) => {
    const [[token] = []] = await rowsOf(host.client, `SELECT token FROM iasql_connect('${alias}')`)
    const tenant = await findTenant(host.database.platform, { alias })
    if (!tenant || !token) throw new Error(`there is no tenant ${alias}`)
    return { tenant, token, client: await BareClient.open(host.serving.url, token) }
  }
  const connect = async (tenant: Tenant, who: Login, database = tenant[who].database) => {
    const { host: address, port } = host.database.cluster
    const credentials = await host.database.secrets.get(tenant[who].secret)
    const client = new Client({ host: address, port, ...credentials, database })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const victor = await join('victor')
  const mallory = await join('mallory')
  await rowsOf(victor.client, victimSql)
  const session = await connect(victor.tenant, 'writer')
  await session.query(victimTransaction)
  const scene = { self: mallory.tenant, victim: victor.tenant, ...(await idsOf(session)) }
  return {
    host,
    scene,
    mallory: mallory.client,
    victor: victor.client,
    tokens: { mallory: mallory.token, victor: victor.token },
    connect,
    byLogin: async (who, sql) => {
      const client = await connect(mallory.tenant, who)
      try {
        const results = [await client.query({ text: sql, rowMode: 'array' })].flat()
        return { kind: 'ran', rows: results.flatMap(({ rows }) => rows as unknown[][]) }
      } catch (error) {
        return { kind: 'refused', sqlstate: sqlstateOf(error), message: (error as Error).message }
      } finally {
        await client.end()
      }
    },
    stop: async () => {
      await session.end()
      for (const { client } of [victor, mallory]) client.close()
      await host.stop()
    },
  }
}

async function idsOf(session: Client): Promise<Omit<Scene, 'self' | 'victim'>> {
  const { rows } = await session.query(
    `SELECT pg_backend_pid()::text AS pid, 'schemes'::regclass::oid::text AS table,
       'best_schemes'::regclass::oid::text AS view, 'price'::regproc::oid::text AS price,
       (SELECT min(oid::bigint)::text FROM pg_largeobject_metadata) AS "largeObject"`,
  )
  return rows[0] as Omit<Scene, 'self' | 'victim'>
}
