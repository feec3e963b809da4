/** The database behind a served product, for what a benchmark prepares or measures below it. */
import { join } from 'node:path'
import pg from 'pg'
import { openSecretStore } from '#local/data-directory/secrets.ts'
import { type Database, databaseOver } from '#postgres/database.ts'
import { inProcessDataApi } from '#postgres/in-process-data-api.ts'
import { listTenants } from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { BareClient } from '../test/support/bare-client.ts'
import type { TestServer } from '../test/support/server.ts'

export interface ServedDatabase {
  /** As the platform's role, through the Data API port. */
  readonly platform: Database
  /** The same by plain `pg`: what floors are measured with. */
  readonly direct: pg.Client
  readonly tenant: Tenant
  close(): Promise<void>
}

export async function openServedDatabase(server: TestServer, client: BareClient): Promise<ServedDatabase> {
  const secrets = await openSecretStore(join(server.dataDirectory, 'secrets.json'))
  const asked = await client.run('SELECT inet_server_port(), current_database()')
  const [port, database] = asked.statements[0]?.rows[0] ?? []
  const address = { host: '127.0.0.1', port: Number(port) }
  const login = { secret: 'iasql/platform', database: database ?? '' }
  const dataApi = inProcessDataApi({ ...address, secrets })
  const platform = databaseOver(dataApi, login)
  const direct = new pg.Client({ ...address, ...(await secrets.get(login.secret)), database: login.database })
  await direct.connect()
  const [tenant] = await listTenants(platform)
  if (!tenant) throw new Error('there is no tenant')
  return {
    platform,
    direct,
    tenant,
    close: async () => {
      await direct.end()
      await dataApi.close()
    },
  }
}

/** Queues at rest, as a sync would leave them: rows, records and no edits, without asking any cloud. */
export async function insertRestingQueues(
  { direct, tenant: { schema: t } }: ServedDatabase,
  client: BareClient,
  count: number,
): Promise<void> {
  await ran(
    client,
    `INSERT INTO queue (name, visibility_timeout, tags)
     SELECT 'resting-' || n, 30, jsonb_build_object('team', 'search', 'stage', 'trial', 'number', n::text)
     FROM generate_series(1, ${count}) n`,
  )
  await direct.query(
    `UPDATE ${t}.queue SET url = 'http://sqs/' || account_id || '/' || name, created_at = now(),
       arn = 'arn:aws:sqs:' || region || ':' || account_id || ':' || name`,
  )
  await direct.query(
    `INSERT INTO ${t}.iasql_resource (table_name, row_id, account_id, region, natural_name, cloud_id, base, observed,
       observed_at)
     SELECT 'queue', id, account_id, region, name, jsonb_build_object('url', url), body, body, now()
     FROM ${t}.queue q, LATERAL (SELECT to_jsonb(q) - '{id,account_id,region}'::text[] AS body) b`,
  )
  await direct.query(`DELETE FROM ${t}.iasql_edit`)
}

/** Runs a statement that has to succeed. */
export async function ran(client: BareClient, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const result = await client.run(sql)
  // What a client keeps of its messages is no part of what is measured.
  client.messages.length = 0
  const [statement] = result.statements
  if (result.state !== 'succeeded') throw new Error(JSON.stringify(statement?.error))
  return statement?.rows ?? []
}
