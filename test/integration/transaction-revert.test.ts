/** A past transaction is taken back as new edits of who asks, where nothing else was built on it. */
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
  await lab.user.run(`INSERT INTO topic (name, retention) VALUES ('one', 60), ('two', 60)`)
  await lab.user.run(`INSERT INTO network (cidr, notes) VALUES ('10.0.0.0/16', 'first')`)
  await lab.worker().call('iasql_apply')
  await lab.settle()
})

async function commitOf(session: LabSession, ...statements: readonly string[]): Promise<string> {
  const [begun] = await session.call('iasql_begin')
  await session.write(...statements)
  await session.call('iasql_commit')
  await lab.settle()
  return String(begun?.transaction_id)
}

test('takes back a committed transaction as edits to preview, and the cloud follows the next apply', async () => {
  const [tables, things] = [await lab.tables(), await lab.things()]
  const id = await commitOf(
    ann,
    `UPDATE topic SET retention = 90 WHERE name = 'one'`,
    `DELETE FROM topic WHERE name = 'two'`,
    `INSERT INTO topic (name) VALUES ('three')`,
  )

  const rows = await bob.call('iasql_revert', [id])

  expect(rows.map((row) => `${row.action} ${row.id}`).sort()).toEqual([
    'create two',
    'delete three',
    'update one',
  ])
  expect(await lab.tables()).toEqual(tables)
  const plan = await bob.call('iasql_preview')
  expect(plan.map((row) => `${row.action} ${row.natural_name} of ${row.actor}`).sort()).toEqual([
    'create two of bob',
    'delete three of bob',
    'update one of bob',
  ])
  await bob.call('iasql_apply')
  expect(await lab.things()).toEqual(things)
})

test('brings back rows that stand in one another by expressions', async () => {
  await ann.write(
    `UPDATE topic SET tags = jsonb_build_object('other', iasql_ref('topic', (SELECT id FROM topic WHERE name = 'two'), 'topic_id')) WHERE name = 'one'`,
  )
  await ann.call('iasql_apply')
  await lab.settle()
  const tables = await lab.tables()
  const id = await commitOf(ann, 'DELETE FROM topic')

  await bob.call('iasql_revert', [id])

  expect(await lab.tables()).toEqual(tables)
})

test('takes back a plain edit by its number, and the revert itself by its own', async () => {
  const xid = await ann.write(`UPDATE topic SET retention = 90`)
  await ann.call('iasql_apply')
  await lab.settle()

  await ann.call('iasql_revert', [xid])

  expect(await lab.plan()).toEqual([
    'update topic one: retention 90 → 60',
    'update topic two: retention 90 → 60',
  ])
  const [last] = await lab.user.query<{ number: string }>(
    `SELECT transaction_id AS number FROM iasql_audit_log WHERE change_type = 'UPDATE' ORDER BY id DESC LIMIT 1`,
  )
  await ann.call('iasql_revert', [last?.number ?? ''])
  expect(await lab.plan()).toEqual([])
})

test('inside a transaction the revert is part of it', async () => {
  const xid = await ann.write(`UPDATE topic SET retention = 90`)
  await ann.call('iasql_begin')

  await ann.call('iasql_revert', [xid])
  await ann.call('iasql_rollback')

  expect(await lab.user.query('SELECT DISTINCT retention FROM topic')).toEqual([{ retention: 90 }])
})

test('refuses where columns that it would change back were edited since, and names the transaction', async () => {
  const id = await commitOf(ann, `UPDATE topic SET retention = 90`)
  const xid = await bob.write(`UPDATE topic SET retention = 120 WHERE name = 'two'`)

  const error = await ann.refusal('iasql_revert', [id])

  expect(error).toMatchObject({ code: 'transaction/edited' })
  expect(error.message).toBe('the transaction cannot be reverted: bob edited topic two since')
  expect(error.detail).toContain(`topic two: retention, by bob in transaction ${xid}`)
  expect(await lab.user.query(`SELECT retention FROM topic WHERE name = 'one'`)).toEqual([{ retention: 90 }])
})

test('refuses when rows of it are gone, and names them', async () => {
  const id = await commitOf(
    ann,
    `INSERT INTO topic (name) VALUES ('short-lived')`,
    `UPDATE topic SET retention = 90`,
  )
  await bob.write(`DELETE FROM topic WHERE name IN ('short-lived', 'two')`)

  const error = await ann.refusal('iasql_revert', [id])

  expect(error).toMatchObject({ code: 'transaction/gone', sqlstate: 'P0002' })
  expect(error.message).toContain('topic two')
  expect(error.message).toContain('topic short-lived')
  expect(await lab.user.query(`SELECT retention FROM topic WHERE name = 'one'`)).toEqual([{ retention: 90 }])
})

test('refuses to clear what cannot be cleared, in the words of the table', async () => {
  await ann.write(`INSERT INTO network (cidr, tags) VALUES ('10.5.0.0/16', '{"Name":"bare"}')`)
  const xid = await ann.write(`UPDATE network SET mtu = 1400 WHERE cidr = '10.5.0.0/16'`)
  await ann.call('iasql_apply')

  const error = await ann.refusal('iasql_revert', [xid])

  expect(error.message).toContain('mtu of network cannot be cleared')
})

test('what cannot be cleared is cleared where the cloud never got it', async () => {
  await ann.write(`INSERT INTO network (cidr, tags) VALUES ('10.6.0.0/16', '{"Name":"bare"}')`)
  const xid = await ann.write(`UPDATE network SET mtu = 1400 WHERE cidr = '10.6.0.0/16'`)

  await ann.call('iasql_revert', [xid])

  expect(await lab.user.query(`SELECT mtu FROM network WHERE cidr = '10.6.0.0/16'`)).toEqual([{ mtu: null }])
})

test('of a network that is gone the cloud makes what belongs to it again', async () => {
  const id = await commitOf(ann, 'DELETE FROM network')

  await ann.call('iasql_revert', [id])
  await ann.call('iasql_apply')
  await lab.settle()
  await ann.call('iasql_sync')

  expect(await lab.plan()).toEqual([])
  expect(lab.cloud.world.all('network')).toHaveLength(1)
  expect(lab.cloud.world.all('rulebook')).toHaveLength(1)
  expect(await lab.user.query('SELECT count(*) AS n FROM rulebook')).toEqual([{ n: 1 }])
})

test('a transaction that was rolled back has nothing left to take back', async () => {
  const [begun] = await ann.call('iasql_begin')
  await ann.write(`INSERT INTO topic (name) VALUES ('never')`, `UPDATE topic SET retention = 90`)
  await ann.call('iasql_rollback')

  expect(await ann.call('iasql_revert', [String(begun?.transaction_id)])).toEqual([])
  expect(await lab.plan()).toEqual([])
})

test('what others did and took back again does not stand in the way', async () => {
  const id = await commitOf(ann, `INSERT INTO topic (name) VALUES ('filled')`)
  await bob.call('iasql_begin')
  await bob.write(`DELETE FROM topic WHERE name = 'filled'`)
  await bob.call('iasql_rollback')

  const rows = await ann.call('iasql_revert', [id])

  expect(rows.map((row) => `${row.action} ${row.id}`)).toEqual(['delete filled'])
})

test.each(['iasql_commit', 'iasql_rollback'])(
  'of two who wait for each other the open one reverts over its own edits, and ends by %s',
  async (end) => {
    await ann.call('iasql_begin')
    await ann.write(
      `UPDATE topic SET retention = 90 WHERE name = 'one'`,
      `INSERT INTO topic (name) VALUES ('made')`,
    )
    const xid = await bob.write(
      `UPDATE topic SET retention = 120, labels = '["bobs"]' WHERE name = 'one'`,
      `UPDATE topic SET retention = 120 WHERE name = 'two'`,
      `DELETE FROM topic WHERE name = 'made'`,
    )
    await ann.write(
      `UPDATE topic SET labels = '["anns"]' WHERE name = 'one'`,
      `DELETE FROM topic WHERE name = 'two'`,
    )
    for (const name of ['iasql_commit', 'iasql_rollback'])
      expect((await ann.refusal(name)).hint).toContain(`iasql_revert('${xid}')`)
    const refused = await bob.refusal('iasql_revert', [xid])

    await ann.call('iasql_revert', [xid])
    await ann.call(end)

    expect(refused.code).toBe('transaction/gone')
    const [one] = await lab.user.query(`SELECT retention, labels FROM topic WHERE name = 'one'`)
    const others = await lab.user.query(`SELECT name FROM topic WHERE name <> 'one'`)
    const isCommitted = end === 'iasql_commit'
    expect(one).toEqual({ retention: isCommitted ? 90 : 60, labels: null })
    expect(others).toEqual([{ name: isCommitted ? 'made' : 'two' }])
  },
)

test('a revert that an open transaction stands in the way of tells what can be done within that one', async () => {
  const xid = await bob.write(`UPDATE topic SET retention = 120 WHERE name = 'one'`)
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 150 WHERE name = 'one'`)

  const { hint } = await bob.refusal('iasql_revert', [xid])

  expect(hint).toContain('once its session has taken those edits back, by SELECT * FROM iasql_rollback()')
  expect(hint).toContain(`Within it they are gone over by SELECT * FROM iasql_revert('${xid}').`)
  await ann.call('iasql_revert', [xid])
  expect(await lab.user.query(`SELECT retention FROM topic WHERE name = 'one'`)).toEqual([{ retention: 60 }])
  await ann.call('iasql_rollback')
  expect(await lab.user.query(`SELECT retention FROM topic WHERE name = 'one'`)).toEqual([{ retention: 120 }])
})
