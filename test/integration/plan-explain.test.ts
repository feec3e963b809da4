/** How an apply would go, told before it does. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Row } from '#engine/model/json.ts'
import { openPlanLab, type PlanLab } from '#test/support/plan-lab.ts'

let lab: PlanLab

beforeAll(async () => {
  lab = await openPlanLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const explain = (planId: number | null): Promise<readonly Row[]> =>
  lab.call('iasql_explain_apply', [planId], { role: 'editor' })

const find = (rows: readonly Row[], action: string, name: string): Row | undefined =>
  rows.find((row) => row.action === action && row.natural_name === name)

test('has nothing to explain when nothing is planned', async () => {
  expect(await explain(null)).toEqual([])
})

test('shows waves, times, what bounds each step, and the critical path', async () => {
  await lab.insertNetwork('main', '10.50')
  await lab.user.run(
    `INSERT INTO route_table (vpc_id, tags) SELECT id, '{"Name":"ways"}' FROM vpc WHERE tags->>'Name' = 'main'`,
  )
  await lab.user.run(
    `INSERT INTO route_table_association (route_table_id, subnet_id)
     SELECT r.id, s.id FROM route_table r, subnet s
     WHERE r.tags->>'Name' = 'ways' AND s.tags->>'Name' = 'main-subnet'`,
  )
  await lab.user.run(`INSERT INTO queue (name) VALUES ('aside')`)

  const rows = await explain(null)

  expect(
    rows.map(({ wave, action, table_name, starts_ms, ends_ms, bound_by }) => [
      ...[wave, `${String(action)} ${String(table_name)}`, starts_ms, ends_ms, bound_by],
    ]),
  ).toEqual([
    [1, 'create vpc', 0, 3_000, 'critical path: nothing'],
    [1, 'create queue', 0, 1_000, 'nothing'],
    [2, 'create subnet', 3_000, 5_000, 'critical path: create vpc main'],
    [2, 'create route_table', 3_000, 4_000, 'create vpc main'],
    [3, 'create route_table_association', 5_000, 6_000, 'critical path: create subnet main-subnet'],
  ])
  const changes = await lab.user.query<{ change_id: number; table_name: string }>(
    'SELECT change_id, table_name FROM iasql_change WHERE plan_id = (SELECT max(plan_id) FROM iasql_plan)',
  )
  expect(changes.map(({ change_id }) => change_id).sort()).toEqual(rows.map((row) => row.change_id).sort())
})

test('explains a plan that was looked at, with what was chosen from it, and none that is stale', async () => {
  const plan = await lab.preview()
  await lab.skip(plan.planId, plan.of('create subnet main-subnet'))

  const rows = await explain(plan.planId)

  expect(rows.map((row) => row.natural_name).sort()).toEqual(['aside', 'main', 'ways'])
  expect(find(rows, 'create', 'ways')).toMatchObject({
    change_id: plan.of('create ways'),
    bound_by: 'critical path: create vpc main',
  })
  await lab.user.run(`UPDATE queue SET delay_seconds = 5 WHERE name = 'aside'`)
  await expect(explain(plan.planId)).rejects.toMatchObject({ sqlstate: 'IQ003' })
})

test('tells the two halves of a replacement apart', async () => {
  await lab.call('iasql_apply')
  await lab.user.run(`UPDATE subnet SET cidr_block = '10.50.2.0/24' WHERE tags->>'Name' = 'main-subnet'`)

  const rows = await explain(null)

  const [gone] = rows.filter((row) => row.action === 'delete' && row.table_name === 'subnet')
  const made = find(rows, 'create', 'main-subnet')
  expect(made?.change_id).toBe(gone?.change_id)
  expect(Number(made?.starts_ms)).toBeGreaterThanOrEqual(Number(gone?.ends_ms))
  await lab.call('iasql_apply')
})

test('names the limit of AWS that makes steps wait', async () => {
  const values = Array.from({ length: 60 }, (_, at) => `('10.${100 + at}.0.0/16')`)
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ${values.join(', ')}`)

  const rows = await explain(null)

  // EC2 takes 50 CreateVpc at once and 5 a second from then on; 48 calls of an apply are under way at once.
  const bounds = Map.groupBy(rows, (row) => String(row.bound_by).replace('critical path: ', ''))
  expect([...bounds].map(([bound, those]) => [bound, those.length])).toEqual([
    ['nothing', 48],
    ['48 calls at once', 6],
    ['bucket ec2:CreateVpc in us-east-1', 6],
  ])
  expect(rows.at(-1)).toMatchObject({
    starts_ms: 2_000,
    bound_by: 'critical path: bucket ec2:CreateVpc in us-east-1',
  })
  await lab.user.run('DELETE FROM vpc WHERE vpc_id IS NULL')
})
