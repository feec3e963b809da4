/** The plan of 10,000 rows, of which 100 or all are edited: as a user asks for it, and where its time and memory go. */

import { registry } from '#modules/registry.ts'
import { loadInstalledTables } from '#operations/install/installed-tables.ts'
import { loadStates } from '#operations/plan/load-states.ts'
import { orderWanted, planAll } from '#operations/plan/make-plan.ts'
import { storePlan } from '#operations/plan/store-plan.ts'
import { BareClient } from '../test/support/bare-client.ts'
import { startTestServer, type TestServer } from '../test/support/server.ts'
import { type Figure, percentile, timed } from './figure.ts'
import { forgetPeak, peakMiB, residentMiB } from './process-memory.ts'
import { insertRestingQueues, openServedDatabase, ran, type ServedDatabase } from './served-database.ts'

const rows = 10_000
const edited = 100

interface Bench {
  readonly server: TestServer
  readonly client: BareClient
  readonly served: ServedDatabase
}

const preview = 'SELECT * FROM iasql_preview()'
const floorOf = 'the rows read as jsonb and as many changes stored, by pg'

export const plan = async (): Promise<readonly Figure[]> => {
  const server = await startTestServer()
  const client = await BareClient.open(server.url, server.token)
  try {
    await ran(client, "SELECT * FROM iasql_install('aws_sqs')")
    const served = await openServedDatabase(server, client)
    try {
      return await measure({ server, client, served })
    } finally {
      await served.close()
    }
  } finally {
    client.close()
    await server.stop()
  }
}

async function measure(bench: Bench): Promise<readonly Figure[]> {
  const { server, client, served } = bench
  await insertRestingQueues(served, client, rows)
  await ran(client, `UPDATE queue SET visibility_timeout = 60 WHERE id % ${rows / edited} = 0`)
  const few = await median(9, () => ran(client, preview))
  const fewFloor = await floorMs(served)
  await ran(client, `UPDATE queue SET visibility_timeout = 60 WHERE id % ${rows / edited} > 0`)
  const { pid } = server.server.process
  const idle = residentMiB(pid)
  forgetPeak(pid)
  const planned = await ran(client, preview)
  if (planned.length !== rows) throw new Error(`${planned.length} changes instead of ${rows}`)
  const memory = peakMiB(pid) - idle
  const all = await median(5, () => ran(client, preview))
  const allFloor = await floorMs(served)
  const name = `plan of ${rows.toLocaleString('en')} rows`
  return [
    {
      name: `${name}, ${edited} edited`,
      value: few,
      unit: 'ms',
      floor: fewFloor,
      floorOf,
      target: '≤ 300 ms',
    },
    { name: `${name}, all edited`, value: all, unit: 'ms', floor: allFloor, floorOf, target: '≤ 2,000 ms' },
    ...(await shares(bench, all)),
    {
      name: `${name}, all edited: memory`,
      value: memory,
      unit: 'MiB',
      floor: await statesMiB(served),
      floorOf: 'desired, base and observed as JSON text',
    },
  ]
}

/** The same work in parts, by the operations themselves on the same database. */
async function shares({ served: { platform, tenant } }: Bench, wholeMs: number): Promise<readonly Figure[]> {
  const tables = await loadInstalledTables({ platform, modules: async () => registry }, tenant)
  const read = await median(5, () => loadStates(platform, tenant, tables.type('queue'), { kind: 'dirty' }))
  const decided = await median(5, async () => {
    orderWanted((await planAll(platform, tenant, tables)).changes, tables, () => true)
  })
  const { changes, snapshot } = await planAll(platform, tenant, tables)
  const ordered = orderWanted(changes, tables, () => true)
  const stored = await median(5, () =>
    storePlan(platform, tenant, ordered, { actor: 'bench', mine: false, claimant: null, snapshot }),
  )
  const parts = {
    'reading the rows': read,
    'deciding and ordering': decided - read,
    'storing the plan': stored,
    'its rows on their way to the client': wholeMs - decided - stored,
  }
  return Object.entries(parts).map(([part, value]) => ({ name: `· ${part}`, value, unit: 'ms' }))
}

/** Reads what is edited with its two other states, and stores the latest plan once more. */
async function floorMs({ direct, tenant: { schema: t } }: ServedDatabase): Promise<number> {
  await direct.query('BEGIN')
  await direct.query(
    `CREATE TEMP TABLE copy ON COMMIT DROP AS SELECT * FROM ${t}.iasql_change_record LIMIT 0`,
  )
  const ms = await median(5, async () => {
    await direct.query(
      `SELECT to_jsonb(q), r.base, r.observed FROM ${t}.queue q JOIN ${t}.iasql_resource r ON r.row_id = q.id
       WHERE r.table_name = 'queue' AND q.id IN (SELECT row_id FROM ${t}.iasql_edit)`,
    )
    await direct.query(
      `INSERT INTO copy SELECT * FROM ${t}.iasql_change_record
       WHERE plan_id = (SELECT max(plan_id) FROM ${t}.iasql_plan_record)`,
    )
  })
  await direct.query('ROLLBACK')
  return ms
}

async function statesMiB({ direct, tenant: { schema: t } }: ServedDatabase): Promise<number> {
  const { rows: sizes } = await direct.query<{ bytes: string }>(
    `SELECT (SELECT sum(octet_length(to_jsonb(q)::text)) FROM ${t}.queue q)
       + (SELECT sum(octet_length(base::text) + octet_length(observed::text)) FROM ${t}.iasql_resource
          WHERE table_name = 'queue') AS bytes`,
  )
  return Number(sizes[0]?.bytes) / 1024 / 1024
}

async function median(count: number, work: () => Promise<unknown>): Promise<number> {
  const samples: number[] = []
  for (let sample = 0; sample < count; sample++) samples.push(await timed(work))
  return percentile(samples, 0.5)
}
