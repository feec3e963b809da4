/** What the audit log costs per written row, and how long the statements of 10,000 changes take to tell. */
import { join } from 'node:path'
import pg from 'pg'
import { openSecretStore } from '#local/data-directory/secrets.ts'
import { BareClient } from '../test/support/bare-client.ts'
import { startTestServer, type TestServer } from '../test/support/server.ts'
import { type Figure, timed } from './figure.ts'
import { cpuMs } from './process-memory.ts'
import { openServedDatabase, ran, type ServedDatabase } from './served-database.ts'

const rows = 10_000
const repeats = 7

interface Bench {
  readonly server: TestServer
  readonly client: BareClient
  readonly served: ServedDatabase
}

export const audit = async (): Promise<readonly Figure[]> => {
  const server = await startTestServer()
  const client = await BareClient.open(server.url, server.token)
  try {
    await ran(client, "SELECT * FROM iasql_install('aws_sqs')")
    const served = await openServedDatabase(server, client)
    try {
      const bench = { server, client, served }
      return [...(await written(bench)), await told(bench)]
    } finally {
      await served.close()
    }
  } finally {
    client.close()
    await server.stop()
  }
}

const insert = `INSERT INTO queue (name, tags) SELECT 'audited-' || n, jsonb_build_object('n', n) FROM generate_series(1, ${rows}) n`
const update = 'UPDATE queue SET visibility_timeout = visibility_timeout + 1'

/** Under the tenant's own login, and the same with the triggers of the log switched off. */
async function written({ server, served }: Bench): Promise<readonly Figure[]> {
  const writer = await openWriter(server, served)
  try {
    const inserted = await withAndWithout(served, () => inTransaction(writer, [], insert))
    const updated = await withAndWithout(served, () => inTransaction(writer, [insert], update))
    const floorOf = 'the same without the triggers of the audit log; both as CPU time'
    return [
      { name: `a row of an INSERT of ${rows.toLocaleString('en')}`, ...inserted, floorOf, target: '≤ 2×' },
      { name: `a row of an UPDATE of ${rows.toLocaleString('en')}`, ...updated, floorOf },
    ]
  } finally {
    await writer.end()
  }
}

async function openWriter(server: TestServer, { direct, tenant }: ServedDatabase): Promise<pg.Client> {
  const secrets = await openSecretStore(join(server.dataDirectory, 'secrets.json'))
  const { host, port, database } = direct
  const writer = new pg.Client({
    host,
    port,
    ...(await secrets.get(tenant.writer.secret)),
    ...(database ? { database } : {}),
  })
  await writer.connect()
  return writer
}

/** Milliseconds that the server works on `sql` alone: what else the machine does is no part of it. */
async function inTransaction(writer: pg.Client, before: readonly string[], sql: string): Promise<number> {
  const { rows: own } = await writer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const pid = own[0]?.pid ?? 0
  await writer.query('BEGIN')
  for (const each of before) await writer.query(each)
  const worked = cpuMs(pid)
  await writer.query(sql)
  const ms = cpuMs(pid) - worked
  await writer.query('ROLLBACK')
  return ms
}

/** With and without the log in turns, in microseconds a row. */
async function withAndWithout(
  { direct, tenant: { schema: t } }: ServedDatabase,
  work: () => Promise<number>,
): Promise<Pick<Figure, 'value' | 'floor' | 'unit'>> {
  const sums = { ENABLE: 0, DISABLE: 0 }
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const verb of ['DISABLE', 'ENABLE'] as const) {
      for (const event of ['insert', 'update']) {
        await direct.query(`ALTER TABLE ${t}.queue ${verb} TRIGGER iasql_audit_${event}`)
      }
      sums[verb] += await work()
    }
  }
  const perRow = (ms: number): number => (ms * 1_000) / repeats / rows
  return { value: perRow(sums.ENABLE), floor: perRow(sums.DISABLE), unit: 'µs' }
}

/** Half of them insert rows, half change them, one statement each. */
async function told({ client, served }: Bench): Promise<Figure> {
  const { direct, tenant } = served
  await ran(client, insert.replace(String(rows), String(rows / 2)))
  await ran(client, update)
  const since = 'SELECT count(sql), max(sql) FROM iasql_get_sql_since()'
  const [row] = await ran(client, since)
  if (Number(row?.[0]) !== rows) throw new Error(`${row?.[0]} statements instead of ${rows}`)
  const samples: number[] = []
  const floors: number[] = []
  for (let repeat = 0; repeat < 3; repeat++) {
    samples.push(await timed(() => ran(client, since)))
    floors.push(
      await timed(() =>
        direct.query(`SELECT * FROM ${tenant.schema}.iasql_audit WHERE table_name = 'queue'`),
      ),
    )
  }
  return {
    name: `iasql_get_sql_since() of ${rows.toLocaleString('en')} changes`,
    value: Math.min(...samples),
    unit: 'ms',
    floor: Math.min(...floors),
    floorOf: 'the same rows of the log read by pg',
  }
}
