/** Two applies of disjoint resources at once, by two processes, over the longer of them alone; on virtual time. */
import { openSimulatedLab, type SimulatedLab } from '../test/support/simulated/lab.ts'
import type { Figure } from './figure.ts'
import { latency } from './simulated-graph.ts'

/** Gateways take long to come; of topics there are more than the burst of their limit. */
const inserts = {
  gateways: [
    "INSERT INTO network (id, cidr) VALUES (1, '10.0.0.0/16')",
    `INSERT INTO segment (id, network_id, cidr) VALUES (1, 1, '10.0.1.0/24')`,
    'INSERT INTO gateway (segment_id) SELECT 1 FROM generate_series(1, 100) n',
  ],
  topics: [`INSERT INTO topic (name) SELECT 'topic-' || n FROM generate_series(1, 250) n`],
}

type Kind = keyof typeof inserts

/** Seconds until all of them are done. */
async function elapsed(...kinds: readonly Kind[]): Promise<number> {
  const lab = await openSimulatedLab({ latency: () => latency, patienceMs: 1_000 })
  try {
    await lab.openWorker().call('iasql_install', [['sim']])
    const startedMs = lab.clock.nowMs
    const applies: Promise<unknown>[] = []
    for (const kind of kinds) applies.push((await begin(lab, kind)).end)
    await Promise.all(applies)
    return (lab.clock.nowMs - startedMs) / 1_000
  } finally {
    await lab.close()
  }
}

/** Resolves once its rows are claimed, with the end of the apply. */
async function begin(lab: SimulatedLab, kind: Kind): Promise<{ readonly end: Promise<unknown> }> {
  for (const sql of inserts[kind]) await lab.user.run(sql)
  const end = lab.openWorker().call('iasql_apply')
  const isClaimed = async (): Promise<boolean> => {
    const [row] = await lab.platform.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM ${lab.tenant.schema}.iasql_edit e WHERE NOT EXISTS (
         SELECT FROM ${lab.tenant.schema}.iasql_change c WHERE c.table_name = e.table_name AND c.row_id = e.row_id)`,
    )
    return row?.open === 0
  }
  while (!(await isClaimed())) await lab.clock.sleep(10)
  return { end }
}

export const twoApplies = async (): Promise<readonly Figure[]> => {
  const alone = Math.max(await elapsed('gateways'), await elapsed('topics'))
  return [
    {
      name: 'two applies of disjoint resources at once, virtual time',
      value: await elapsed('gateways', 'topics'),
      unit: 's',
      floor: alone,
      floorOf: 'the longer of them alone',
      target: '≤ 1.1×',
    },
  ]
}
