/** What a thousand tenants on one local database cost: to make, to start with, to bring up to date, to look after, to serve. */
import { setImmediate as turn } from 'node:timers/promises'
import { Client } from 'pg'
import { handler as sweep } from '#functions/recover-runs.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { useHost } from '#operations/host.ts'
import type { Ports } from '#operations/ports.ts'
import { recoverRuns } from '#operations/run/recover-runs.ts'
import { upgradePlatform } from '#operations/tenant/upgrade-platform.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { openPlatformLab, type PlatformLab } from '../test/support/platform-lab.ts'
import { type Figure, percentile, timed } from './figure.ts'
import { ownMiB, residentMiB } from './process-memory.ts'

const count = Number(process.env.IASQL_BENCH_TENANTS ?? 1_000)
const context = { functionName: 'recover-runs', awsRequestId: 'bench' } as never
const mebibyte = 1_048_576

/** What a start does to all tenants that there are. */
const start = async (ports: Ports): Promise<void> => {
  await recoverRuns(ports, { isSole: true })
  await recoverExecutions(ports, { sole: true })
  await upgradePlatform(ports)
}

const sizeMiB = async ({ platform }: PlatformLab): Promise<number> => {
  const sql = 'SELECT pg_catalog.pg_database_size(current_database()) AS bytes'
  return ((await platform.query<{ bytes: number }>(sql))[0]?.bytes ?? 0) / mebibyte
}

const backend = 'SELECT pg_catalog.pg_backend_pid() AS pid'

/** Of the backend that the pool gives, the one that was used last; and of one that has done nothing yet. */
async function backendsMiB({ platform, database }: PlatformLab) {
  const [used] = await platform.query<{ pid: number }>(backend)
  const usedMiB = ownMiB(used?.pid)
  const fresh = new Client({ connectionString: database.cluster.connectionString })
  await fresh.connect()
  const { rows } = await fresh.query<{ pid: number }>(backend)
  const freshMiB = ownMiB(rows[0]?.pid)
  await fresh.end()
  return { usedMiB, freshMiB }
}

/** As many tables as a tenant has, each with an id and a text, and nothing else about them. */
async function bareSchemas({ platform, home }: PlatformLab, of: number) {
  const [row] = await platform.query<{ tables: number }>(
    `SELECT count(*) AS tables FROM pg_catalog.pg_class WHERE relkind = 'r' AND relnamespace = '${home.schema}'::regnamespace`,
  )
  const tables = Array.from({ length: row?.tables ?? 0 }, (_, table) => table)
  const made: number[] = []
  for (let n = 0; n < of; n++) {
    const schema = `bare_${n}`
    const make = tables.map((table) => `CREATE TABLE ${schema}.t${table} (id bigint PRIMARY KEY, body text)`)
    const work = async () =>
      await platform.transaction(async (transaction) => {
        for (const sql of [`CREATE SCHEMA ${schema}`, ...make]) await transaction.run(sql)
      })
    made.push(await timed(work))
  }
  return percentile(made, 0.5)
}

/** By plain `pg`: a connection of its own, one statement, and good-bye. */
async function strangerMs({ database }: PlatformLab, tenant: Tenant): Promise<number> {
  const { host, port } = database.cluster
  const login = { ...(await database.secrets.get(tenant.writer.secret)), database: tenant.writer.database }
  return await timed(async () => {
    const client = new Client({ host, port, ...login })
    await client.connect()
    await client.query('SELECT 1 AS one')
    await client.end()
  })
}

async function making(lab: PlatformLab) {
  const bare = 10
  const sizeAtFirst = await sizeMiB(lab)
  const bareMs = await bareSchemas(lab, bare)
  const sizeBefore = await sizeMiB(lab)
  const made: number[] = []
  const tenants: Tenant[] = []
  for (let n = 0; n < count; n++)
    made.push(await timed(async () => tenants.push(await lab.create(`tenant-${n}`))))
  const perTenant = ((await sizeMiB(lab)) - sizeBefore) / count
  const figures: readonly Figure[] = [
    {
      name: 'a tenant, made (median)',
      value: percentile(made, 0.5),
      unit: 'ms',
      floor: bareMs,
      floorOf: 'as many tables without anything about them',
    },
    {
      name: `the last tenants of ${count}, made (median of 20)`,
      value: percentile(made.slice(-20), 0.5),
      unit: 'ms',
      floor: percentile(made.slice(0, 20), 0.5),
      floorOf: 'the first 20',
      target: '≤ 2×',
    },
    {
      name: 'disk of a tenant without rows',
      value: perTenant,
      unit: 'MiB',
      floor: (sizeBefore - sizeAtFirst) / bare,
      floorOf: 'as many tables without anything about them',
    },
  ]
  return { figures, tenants }
}

async function lookingAfter(lab: PlatformLab): Promise<readonly Figure[]> {
  const residentBefore = residentMiB(process.pid)
  const query = await timed(() => lab.platform.query('SELECT 1 AS one'))
  await lab.platform.run("UPDATE iasql_platform.tenant SET created_at = now() - interval '1 hour'")
  const looking = await timed(() => start(lab.ports))
  const starting = await timed(() => start(lab.ports))
  await lab.platform.run('UPDATE iasql_platform.tenant SET fingerprint = NULL')
  const upgrading = await timed(() => upgradePlatform(lab.ports))
  useHost({ ...lab.ports, machines: { start: async () => undefined } })
  const sweeping = await timed(() => sweep({}, context))
  await turn()
  const resident = residentMiB(process.pid) - residentBefore
  const { usedMiB, freshMiB } = await backendsMiB(lab)
  const floor = { floor: query, floorOf: 'one query' }
  return [
    { name: 'a tenant looked into by a start, each', value: looking / count, unit: 'ms', ...floor },
    {
      name: `start with ${count} tenants that have nothing open`,
      value: starting,
      unit: 'ms',
      ...floor,
      target: '≤ 1,000 ms',
    },
    { name: `${count} tenants brought up to date, each`, value: upgrading / count, unit: 'ms', ...floor },
    { name: `a sweep over ${count} tenants, each`, value: sweeping / count, unit: 'ms', ...floor },
    { name: 'memory of the server meanwhile, each', value: resident / count, unit: 'MiB' },
    {
      name: "memory of the platform's connection then, which is replaced now and then",
      value: usedMiB,
      unit: 'MiB',
      floor: freshMiB,
      floorOf: 'a new connection',
    },
  ]
}

/** More logins than the server has connections, all within one moment. */
async function atOnce(lab: PlatformLab, tenants: readonly Tenant[]): Promise<readonly Figure[]> {
  const strangers: number[] = []
  for (const tenant of tenants.slice(0, 20)) strangers.push(await strangerMs(lab, tenant))
  const serve = (tenant: Tenant) => lab.as(tenant, 'writer').query('SELECT 1 AS one')
  const serving = await timed(() => Promise.all(tenants.map(serve)))
  return [
    {
      name: `a statement of each of ${count} tenants at once, each`,
      value: serving / count,
      unit: 'ms',
      floor: percentile(strangers, 0.5),
      floorOf: 'one connection by `pg` after the other',
    },
  ]
}

export const tenants = async (): Promise<readonly Figure[]> => {
  const lab = await openPlatformLab()
  try {
    const made = await making(lab)
    const lookedAfter = await lookingAfter(lab)
    return [...made.figures, ...lookedAfter, ...(await atOnce(lab, made.tenants))]
  } finally {
    await lab.close()
  }
}
