/** A rollback leaves the tables as if the edits had never been made, and refuses where others have built on them. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CommitLab, openCommitLab } from '#test/support/commit-lab.ts'
import type { LabSession } from '#test/support/session.ts'

let lab: CommitLab
let ann: LabSession
let bob: LabSession

beforeAll(async () => {
  lab = await openCommitLab()
  ann = await lab.session('ann')
  bob = await lab.session('bob')
})
afterAll(async () => {
  await lab?.close()
})
beforeEach(async () => {
  for (const table of ['server', 'gateway', 'segment', 'topic', 'network'])
    await lab.user.run(`DELETE FROM ${table}`)
  await lab.worker().call('iasql_apply')
  await lab.user.run(`INSERT INTO network (cidr, notes) VALUES ('10.0.0.0/16', 'first')`)
  await lab.user.run(`INSERT INTO topic (name, retention) VALUES ('one', 60), ('two', 60)`)
  await lab.user.run(`UPDATE topic SET document = jsonb_build_object('of', '\${topic(' || o.id || ').topic_id}')
    FROM topic o WHERE topic.name = 'two' AND o.name = 'one'`)
  await lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network`)
  await lab.worker().call('iasql_apply')
  await lab.settle()
})

const everything = async () => {
  const rows: unknown[] = []
  for (const table of ['network', 'rulebook', 'segment', 'topic', 'server'])
    rows.push(await lab.user.query(`SELECT * FROM ${table} ORDER BY id`))
  return { rows, plan: await lab.plan() }
}

test('brings deleted rows back with their ids, takes inserted ones away, and leaves nothing to plan', async () => {
  const before = await everything()
  await ann.call('iasql_begin')
  await ann.write(
    'DELETE FROM segment',
    'DELETE FROM network',
    `UPDATE topic SET retention = 90, name = 'renamed' WHERE name = 'one'`,
    `DELETE FROM topic WHERE name = 'two'`,
  )
  await ann.write(
    `INSERT INTO network (cidr) VALUES ('10.9.0.0/16')`,
    `INSERT INTO segment (network_id, cidr) SELECT id, '10.9.1.0/24' FROM network`,
  )

  const rows = await ann.call('iasql_rollback')

  expect(rows.map((row) => `${row.action} ${row.table_name}`).sort()).toEqual([
    'create network',
    'create rulebook',
    'create segment',
    'create topic',
    'delete network',
    'delete segment',
    'update topic',
  ])
  expect(await everything()).toEqual(before)
  expect(await ann.call('iasql_begin')).toHaveLength(1)
  await ann.call('iasql_rollback')
})

test('keeps what was pending before the transaction', async () => {
  await ann.write(`UPDATE topic SET retention = 75 WHERE name = 'one'`)
  const before = await everything()
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90, labels = '["x"]' WHERE name = 'one'`)

  await ann.call('iasql_rollback')

  expect(await everything()).toEqual(before)
  expect(before.plan).toEqual(['update topic one: retention 60 → 75'])
})

test('refuses where another has edited a row since, names it, and takes back nothing', async () => {
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90`)
  const xid = await bob.write(`UPDATE topic SET labels = '["bobs"]' WHERE name = 'two'`)

  const [rollback, commit] = [await ann.refusal('iasql_rollback'), await ann.refusal('iasql_commit')]

  for (const [error, verb] of [
    [rollback, 'rolled back'],
    [commit, 'committed'],
  ] as const) {
    expect(error).toMatchObject({ code: 'transaction/edited', sqlstate: 'IQ004' })
    expect(error.message).toBe(`the transaction cannot be ${verb}: bob edited topic two since`)
    expect(error.hint).toContain(`iasql_revert('${xid}')`)
  }
  expect(await lab.user.query('SELECT DISTINCT retention FROM topic')).toEqual([{ retention: 90 }])
  await bob.call('iasql_revert', [xid])
  await ann.call('iasql_rollback')
  expect(await lab.user.query('SELECT DISTINCT retention, labels FROM topic')).toEqual([
    { retention: 60, labels: null },
  ])
})

test('refuses where rows of others refer to one that it has made', async () => {
  await ann.call('iasql_begin')
  await ann.write(`INSERT INTO topic (name) VALUES ('target')`)
  await bob.write(
    `UPDATE topic SET dead_letter_id = (SELECT id FROM topic WHERE name = 'target') WHERE name = 'one'`,
  )

  const error = await ann.refusal('iasql_rollback')

  expect(error.message).toMatch(/referred to by others: topic \d+ refers to topic target/)
  await bob.write(`UPDATE topic SET dead_letter_id = NULL WHERE name = 'one'`)
  await ann.call('iasql_rollback')
  expect(await lab.plan()).toEqual([])
})

test('leaves alone what was applied within the transaction, and says how to take that back', async () => {
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90 WHERE name = 'one'`)
  await ann.call('iasql_apply')
  await lab.settle()
  await ann.write(`UPDATE topic SET retention = 95 WHERE name = 'one'`)

  await ann.call('iasql_rollback')

  expect(await lab.user.query(`SELECT retention FROM topic WHERE name = 'one'`)).toEqual([{ retention: 90 }])
  expect(await lab.plan()).toEqual([])
  const [past] = await lab.user.query<{ id: string }>(
    'SELECT transaction_id AS id FROM iasql_transaction ORDER BY opened_at DESC LIMIT 1',
  )
  await ann.call('iasql_revert', [past?.id ?? ''])
  expect(await lab.plan()).toEqual(['update topic one: retention 90 → 60'])
})

test('two transactions on the same rows: the later one ends first', async () => {
  await ann.call('iasql_begin')
  await bob.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90 WHERE name = 'one'`)
  await bob.write(`UPDATE topic SET retention = 120 WHERE name = 'one'`)

  expect(await ann.refusal('iasql_commit')).toMatchObject({ code: 'transaction/edited' })
  expect(await bob.refusal('iasql_commit')).toMatchObject({ code: 'transaction/edited' })
  await bob.call('iasql_rollback')
  await ann.call('iasql_commit')

  expect(
    lab.cloud.world
      .all('topic')
      .map(({ attributes }) => attributes.retention)
      .sort(),
  ).toEqual([60, 90])
})

test('two transactions on rows of their own end in whatever order', async () => {
  await ann.call('iasql_begin')
  await bob.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90 WHERE name = 'one'`)
  await bob.write(`UPDATE topic SET retention = 120 WHERE name = 'two'`)

  const done = await Promise.all([ann.call('iasql_commit'), bob.call('iasql_commit')])

  expect(done.map((rows) => rows.length)).toEqual([1, 1])
  expect(await lab.plan()).toEqual([])
})

test('a commit that hangs on rows which are not its own is refused and stays open', async () => {
  await ann.write(`INSERT INTO network (cidr, tags) VALUES ('10.8.0.0/16', '{"Name":"outside"}')`)
  await ann.call('iasql_begin')
  await ann.write(
    `INSERT INTO segment (network_id, cidr) SELECT id, '10.8.1.0/24' FROM network WHERE cidr = '10.8.0.0/16'`,
  )

  const error = await ann.refusal('iasql_commit')

  expect(error.message).toContain('cannot be done without changes that are not part of it')
  expect(error.detail).toContain('create segment')
  expect(await ann.refusal('iasql_begin')).toMatchObject({ code: 'transaction/open' })
  await bob.call('iasql_apply')
  expect(await ann.call('iasql_commit')).toHaveLength(1)
})

test('gives names back in the order in which they were taken from one another', async () => {
  await ann.call('iasql_begin')
  await ann.write(
    `UPDATE topic SET name = 'three' WHERE name = 'one'`,
    `UPDATE topic SET name = 'one' WHERE name = 'two'`,
    `UPDATE topic SET name = 'two' WHERE name = 'three'`,
    `UPDATE topic SET name = 'four' WHERE name = 'one'`,
  )

  await ann.call('iasql_rollback')

  const rows = await lab.user.query<{ name: string }>('SELECT name FROM topic ORDER BY id')
  expect(rows.map(({ name }) => name)).toEqual(['one', 'two'])
  expect(await lab.plan()).toEqual([])
})

test('takes drift policies back too, and so does a revert', async () => {
  const policies = () => lab.user.query('SELECT table_name, policy FROM iasql_drift_policy')
  const xid = await ann.write(
    `INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('topic', 'enforce')`,
  )
  await ann.call('iasql_begin')
  await ann.write(
    `UPDATE iasql_drift_policy SET policy = 'observe'`,
    `INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('network', 'observe')`,
  )

  await ann.call('iasql_rollback')

  expect(await policies()).toEqual([{ table_name: 'topic', policy: 'enforce' }])
  await ann.call('iasql_revert', [xid])
  expect(await policies()).toEqual([])
})

test('a row that others have deleted meanwhile holds up no rollback, but a commit', async () => {
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90`)
  await bob.write(`DELETE FROM topic WHERE name = 'two'`)

  expect(await ann.refusal('iasql_commit')).toMatchObject({ code: 'transaction/edited' })
  const rows = await ann.call('iasql_rollback')

  expect(rows.map((row) => `${row.action} ${row.id}`)).toEqual(['update one'])
  expect(await lab.plan()).toEqual(['delete topic two'])
})
