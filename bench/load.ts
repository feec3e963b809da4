/** Two hundred clients of four tenants at once, for a minute: is anything lost, who waits for whom, what does it take. */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { BareClient } from '../test/support/bare-client.ts'
import { startTestCluster } from '../test/support/cluster.ts'
import { type CrowdMember, crowdTable, runCrowd } from '../test/support/crowd.ts'
import { startTestServer, type TestServer } from '../test/support/server.ts'
import { type Figure, percentile } from './figure.ts'
import { peakMiB, residentMiB } from './process-memory.ts'
import { ran } from './served-database.ts'

const seconds = Number(process.env.IASQL_BENCH_LOAD_SECONDS ?? 60)
/** The greedy one sends as much as it can; the modest one is a small team. */
const shares = { greedy: 160, second: 18, third: 18, modest: 4 }

const forSeconds = (count: number) => {
  const endsAt = performance.now() + count * 1_000
  return () => performance.now() < endsAt
}

/** Statements a second of the same kind by `pg` on as many connections as a login may have. */
const directRate = async (): Promise<number> => {
  const cluster = await startTestCluster()
  const pool = new pg.Pool({ connectionString: cluster.connectionString, max: 16 })
  pool.on('error', () => {})
  let statements = 0
  const goesOn = forSeconds(3)
  try {
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        for (; goesOn(); statements++) await pool.query('SELECT n FROM generate_series(1, 200) n')
      }),
    )
    return statements / 3
  } finally {
    await pool.end()
    await cluster.stop()
  }
}

const join = async (server: TestServer, home: BareClient): Promise<CrowdMember[]> => {
  const members: CrowdMember[] = []
  for (const [tenant, clients] of Object.entries(shares)) {
    const [[token] = []] = await ran(home, `SELECT token FROM iasql_connect('${tenant}')`)
    const owner = await BareClient.open(server.url, token ?? undefined)
    await ran(owner, crowdTable)
    owner.close()
    members.push({ tenant, token: token ?? '', clients })
  }
  return members
}

const insertedRows = async (server: TestServer, { token }: CrowdMember): Promise<number> => {
  const client = await BareClient.open(server.url, token)
  const [[count] = []] = await ran(client, 'SELECT count(*) FROM crowd')
  await ran(client, 'TRUNCATE crowd')
  client.close()
  return Number(count)
}

export const load = async (): Promise<readonly Figure[]> => {
  const server = await startTestServer({ IASQL_CONNECTIONS_PER_SUBJECT: '200' })
  const { pid } = server.server.process
  const home = await BareClient.open(server.url, server.token)
  try {
    const members = await join(server, home)
    const modest = members.filter(({ tenant }) => tenant === 'modest')
    const alone = await runCrowd({ url: server.url, members: modest, goesOn: forSeconds(5) })
    for (const member of modest) await insertedRows(server, member)
    const idle = residentMiB(pid)
    const [together, halfway] = await Promise.all([
      runCrowd({ url: server.url, members, goesOn: forSeconds(seconds) }),
      delay((seconds * 1_000) / 2).then(() => residentMiB(pid)),
    ])
    const end = residentMiB(pid)
    let wrong = together.violations.length
    for (const what of together.violations.slice(0, 10)) console.error(what)
    for (const member of members)
      wrong += Math.abs((await insertedRows(server, member)) - (together.inserted.get(member.tenant) ?? 0))
    const p95 = (sample: readonly number[] = []) => percentile(sample, 0.95)
    const waits = (tenant: string) => p95(together.latencies.get(tenant))
    return [
      {
        name: `runs of 200 clients in ${seconds} s`,
        value: together.runs / seconds,
        unit: 'runs/s',
        floor: await directRate(),
        floorOf: 'a SELECT by pg alone, 16 connections',
      },
      {
        name: `· lost, repeated or wrong among ${together.events.toLocaleString('en')} events`,
        value: wrong,
        unit: 'events',
        target: '0',
      },
      {
        name: '· p95 of a tenant with 4 clients beside one with 160',
        value: waits('modest'),
        unit: 'ms',
        floor: p95(alone.latencies.get('modest')),
        floorOf: 'the same clients alone',
      },
      {
        name: '· p95 of the tenant with 160 clients',
        value: waits('greedy'),
        unit: 'ms',
        floor: waits('modest'),
        floorOf: 'that of the tenant with 4',
        target: '> 1×',
      },
      {
        name: '· peak memory of the server',
        value: peakMiB(pid),
        unit: 'MiB',
        floor: idle,
        floorOf: 'the idle server',
      },
      {
        name: '· its memory at the end',
        value: end,
        unit: 'MiB',
        floor: halfway,
        floorOf: 'half-way',
        target: '≤ 1.2×',
      },
    ]
  } finally {
    home.close()
    await server.stop()
  }
}
