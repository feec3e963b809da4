/** Choosing from a preview what to leave out: the rest is done, what hangs on it waits, and nothing is lost. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { databaseOver } from '#postgres/database.ts'
import { openPlanLab, type PlanLab } from '#test/support/plan-lab.ts'

let lab: PlanLab

beforeAll(async () => {
  lab = await openPlanLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})
/** Whatever a test left edited is done, so that the next one starts from rest. */
beforeEach(async () => {
  await lab.call('iasql_apply')
})

test('leaves out what was chosen and what needs it, does the rest, and tells which', async () => {
  await lab.insertNetwork('one', '10.10')
  await lab.insertNetwork('two', '10.11')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('alone')`)
  const plan = await lab.preview()
  await lab.skip(plan.planId, plan.of('create one'))

  const done = await lab.apply(plan.planId)

  expect(done).toEqual(['create queue alone', 'create subnet two-subnet', 'create vpc two'])
  expect(await lab.notices()).toEqual([
    '1 change is left out by choice: create vpc one; 1 more, which cannot be done without: create subnet one-subnet. The rows stay edited.',
  ])
  expect((await lab.preview()).lines).toEqual(['create one', 'create one-subnet'])
})

test('does the rest by the same plan once the choice is taken back', async () => {
  await lab.insertNetwork('later', '10.12')
  const plan = await lab.preview()
  await lab.skip(plan.planId, plan.of('create later-subnet'))
  expect(await lab.apply(plan.planId)).toEqual(['create vpc later'])
  expect(await lab.isStale(plan.planId)).toBe(false)

  await lab.user.run(`UPDATE iasql_plan_choice SET skip = false WHERE plan_id = ${plan.planId}`)
  const rest = await lab.apply(plan.planId)
  const again = await lab.apply(plan.planId)

  expect(rest).toEqual(['create subnet later-subnet'])
  expect(again).toEqual([])
  expect(await lab.notices()).toEqual([`Plan ${plan.planId} is done already, or under way.`])
  expect(await lab.isStale(plan.planId)).toBe(false)
})

test('a plan shows what became of each of its changes', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('shown'), ('left')`)
  const plan = await lab.preview()
  await lab.skip(plan.planId, plan.of('create left'))

  await lab.apply(plan.planId)

  const changes = await lab.user.query(
    `SELECT natural_name AS name, state, ended_at > started_at AS has_taken_time
     FROM iasql_change WHERE plan_id = ${plan.planId} ORDER BY 1`,
  )
  expect(changes).toEqual([
    { name: 'left', state: 'pending', has_taken_time: null },
    { name: 'shown', state: 'done', has_taken_time: true },
  ])
})

test('deletes what stands in a network whose own deletion is skipped', async () => {
  await lab.insertNetwork('kept', '10.13')
  await lab.call('iasql_apply')
  await lab.user.transaction(async (transaction) => {
    await transaction.run(`DELETE FROM subnet WHERE tags->>'Name' = 'kept-subnet'`)
    await transaction.run(`DELETE FROM vpc WHERE tags->>'Name' = 'kept'`)
  })
  const plan = await lab.preview()
  await lab.skip(plan.planId, plan.of('delete kept'))

  expect(await lab.apply(plan.planId)).toEqual(['delete subnet kept-subnet'])

  expect((await lab.preview()).lines).toEqual(['delete kept'])
})

test('keeps a network whose subnet is to stay', async () => {
  await lab.insertNetwork('full', '10.14')
  await lab.call('iasql_apply')
  await lab.user.transaction(async (transaction) => {
    await transaction.run(`DELETE FROM subnet WHERE tags->>'Name' = 'full-subnet'`)
    await transaction.run(`DELETE FROM vpc WHERE tags->>'Name' = 'full'`)
  })
  const plan = await lab.preview()
  await lab.skip(plan.planId, plan.of('delete full-subnet'))

  expect(await lab.apply(plan.planId)).toEqual([])

  expect((await lab.preview()).lines).toEqual(['delete full', 'delete full-subnet'])
})

test('a replacement and what moves over with it are done together or not at all', async () => {
  await lab.insertNetwork('moved', '10.15')
  await lab.user.run(
    `INSERT INTO internet_gateway (vpc_id, tags)
     SELECT id, '{"Name":"door"}' FROM vpc WHERE tags->>'Name' = 'moved'`,
  )
  await lab.call('iasql_apply')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('bystander')`)
  await lab.user.transaction(async (transaction) => {
    await transaction.run(`UPDATE vpc SET cidr_block = '10.16.0.0/16' WHERE tags->>'Name' = 'moved'`)
    await transaction.run(
      `UPDATE subnet SET cidr_block = '10.16.1.0/24' WHERE tags->>'Name' = 'moved-subnet'`,
    )
  })
  const plan = await lab.preview()
  expect(plan.lines).toEqual(['create bystander', 'replace moved', 'replace moved-subnet', 'update door'])

  await lab.skip(plan.planId, plan.of('update door'))
  const withoutDoor = await lab.apply(plan.planId)
  await lab.user.run(`DELETE FROM iasql_plan_choice WHERE plan_id = ${plan.planId}`)
  await lab.skip(plan.planId, plan.of('replace moved'))
  const withoutNetwork = await lab.apply(plan.planId)
  await lab.user.run(`DELETE FROM iasql_plan_choice WHERE plan_id = ${plan.planId}`)
  const all = await lab.apply(plan.planId)

  expect(withoutDoor).toEqual(['create queue bystander'])
  expect(withoutNetwork).toEqual([])
  expect(all).toEqual(['replace subnet moved-subnet', 'replace vpc moved', 'update internet_gateway door'])
  expect((await lab.preview()).rows).toEqual([])
})

test('a choice is refused at the statement when there is nothing to choose', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('first')`)
  const before = await lab.preview()
  await lab.user.run(`INSERT INTO queue (name) VALUES ('second')`)
  const plan = await lab.preview()
  await lab.call('iasql_apply')
  const [made] = await lab.user.query<{ plan_id: number; change_id: number }>(
    'SELECT plan_id, change_id FROM iasql_change WHERE execution_id IS NOT NULL ORDER BY change_id DESC LIMIT 1',
  )

  await expect(lab.skip(1_000_000, plan.of('create second'))).rejects.toThrow(
    /there is no plan 1000000\n.*23503$/s,
  )
  await expect(lab.skip(plan.planId, before.of('create first'))).rejects.toThrow(
    `plan ${plan.planId} has no change ${before.of('create first')}\n`,
  )
  await expect(lab.skip(made?.plan_id ?? 0, made?.change_id ?? 0)).rejects.toThrow(
    /plan \d+ was made by execution \d+ for itself\n.*IQ003$/s,
  )
})

test('what goes with its parent is no choice of its own', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.17.0.0/16', '{"Name":"gone"}')`)
  await lab.call('iasql_apply')
  await lab.user.run(`DELETE FROM vpc WHERE tags->>'Name' = 'gone'`)
  const plan = await lab.preview()

  await lab.user.run(
    `INSERT INTO iasql_plan_choice (plan_id, change_id)
     SELECT plan_id, change_id FROM iasql_change WHERE plan_id = ${plan.planId} AND table_name <> 'vpc'`,
  )

  expect(await lab.user.query('SELECT * FROM iasql_plan_choice WHERE skip')).not.toContainEqual(
    expect.objectContaining({ plan_id: plan.planId }),
  )
  expect(await lab.apply(plan.planId)).toEqual(['delete vpc gone'])
})

test('whoever may only look may see choices and not make them', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('watched')`)
  const plan = await lab.preview()
  await lab.skip(plan.planId, plan.of('create watched'))
  const viewer = databaseOver(lab.ports.dataApi, lab.tenant.reader)

  expect(
    await viewer.query(`SELECT change_id, skip FROM iasql_plan_choice WHERE plan_id = ${plan.planId}`),
  ).toEqual([{ change_id: plan.of('create watched'), skip: true }])
  expect(await viewer.query(`SELECT stale FROM iasql_plan WHERE plan_id = ${plan.planId}`)).toEqual([
    { stale: false },
  ])
  await expect(viewer.run('DELETE FROM iasql_plan_choice')).rejects.toThrow('permission denied')
})
