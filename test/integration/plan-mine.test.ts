/** Whose change it is: narrowed to one's own, with what hangs on others' left out and said so. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openPlanLab, type PlanLab } from '#test/support/plan-lab.ts'

let lab: PlanLab

beforeAll(async () => {
  lab = await openPlanLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})
beforeEach(async () => {
  await lab.call('iasql_apply')
})

/** As a run of that person commits it. */
async function as(actor: string, ...statements: readonly string[]): Promise<void> {
  const t = lab.tenant.schema
  await lab.user.transaction(async (transaction) => {
    for (const sql of statements) await transaction.run(sql)
  })
  await lab.ports.platform.run(
    `INSERT INTO ${t}.iasql_commit (xid, actor, run_id, statement, tag, row_count)
     SELECT e.xid, :actor, gen_random_uuid(), 0, 'UPDATE', 1 FROM (SELECT DISTINCT xid FROM ${t}.iasql_edit) e
     WHERE NOT EXISTS (SELECT FROM ${t}.iasql_commit c WHERE c.xid = e.xid)`,
    { actor },
  )
}

const applyMine = async (actor: string): Promise<readonly string[]> => {
  const rows = await lab.call('iasql_apply', [null, true, true, 'wait'], { actor })
  return rows.map((row) => `${String(row.action)} ${String(row.description).split(':')[0]}`).sort()
}

test('shows whose edits they are and when they were made', async () => {
  const before = new Date()
  await as('ann', `INSERT INTO queue (name) VALUES ('of-ann')`)
  await as('bob', `INSERT INTO queue (name) VALUES ('of-bob')`)

  const { rows } = await lab.preview()

  expect(rows.map(({ natural_name, actor }) => [natural_name, actor])).toEqual([
    ['of-ann', 'ann'],
    ['of-bob', 'bob'],
  ])
  for (const { edited_at } of rows) {
    const ageMs = new Date(String(edited_at)).getTime() - before.getTime()
    expect(ageMs).toBeGreaterThan(-1_000)
    expect(ageMs).toBeLessThan(60_000)
  }
  expect((await lab.preview({ mine: true, actor: 'bob' })).lines).toEqual(['create of-bob'])
})

test('leaves out what stands on another’s row, and names it', async () => {
  await as('ann', `INSERT INTO vpc (cidr_block, tags) VALUES ('10.70.0.0/16', '{"Name":"shared"}')`)
  await as(
    'bob',
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone, tags)
     SELECT id, '10.70.1.0/24', 'us-east-1a', '{"Name":"sub"}' FROM vpc WHERE tags->>'Name' = 'shared'`,
    `INSERT INTO queue (name) VALUES ('bobs')`,
  )

  expect((await lab.preview({ mine: true, actor: 'bob' })).lines).toEqual(['create bobs'])
  expect(await applyMine('bob')).toEqual(['create queue bobs'])

  expect(await lab.notices()).toEqual([
    '1 change is left out, being of ann: create vpc shared; 1 more, which cannot be done without: create subnet sub.',
  ])
  expect(await applyMine('ann')).toEqual(['create vpc shared'])
  expect(await applyMine('bob')).toEqual(['create subnet sub'])
})

test('takes along what moves over to a row that one replaces', async () => {
  await lab.user.run(
    `INSERT INTO internet_gateway (vpc_id, tags) SELECT id, '{"Name":"door"}' FROM vpc WHERE tags->>'Name' = 'shared'`,
  )
  await lab.call('iasql_apply')
  await as(
    'ann',
    `UPDATE vpc SET cidr_block = '10.71.0.0/16' WHERE tags->>'Name' = 'shared'`,
    `UPDATE subnet SET cidr_block = '10.71.1.0/24' WHERE tags->>'Name' = 'sub'`,
  )
  await as('bob', `INSERT INTO queue (name) VALUES ('bobs-again')`)

  expect((await lab.preview({ mine: true, actor: 'bob' })).lines).toEqual(['create bobs-again'])
  const mine = await lab.preview({ mine: true, actor: 'ann' })
  expect(mine.lines).toEqual(['replace shared', 'replace sub', 'update door'])
  expect(mine.rows.find((row) => row.natural_name === 'door')?.actor).toBeNull()
  expect(await applyMine('ann')).toEqual([
    'replace subnet sub',
    'replace vpc shared',
    'update internet_gateway door',
  ])
})

test('a plan of one’s own is applied by its number', async () => {
  await as('ann', `UPDATE queue SET delay_seconds = 1 WHERE name = 'of-ann'`)
  await as('bob', `UPDATE queue SET delay_seconds = 1 WHERE name = 'of-bob'`)
  const mine = await lab.preview({ mine: true, actor: 'ann' })
  await as('bob', `UPDATE queue SET delay_seconds = 2 WHERE name = 'of-bob'`)

  expect(await lab.isStale(mine.planId)).toBe(false)
  expect(await lab.apply(mine.planId)).toEqual(['update queue of-ann'])
})
