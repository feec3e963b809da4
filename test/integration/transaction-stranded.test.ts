/** A commit that cannot begin, or cannot be taken back whole, leaves a transaction that can be ended, and loses no edit. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { purgeExpired } from '#operations/retention/purge-expired.ts'
import { leaveCommit } from '#postgres/statements/transaction-leave.ts'
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
  lab.refuse(() => false)
  for (const table of ['topic', 'network']) await lab.user.run(`DELETE FROM ${table}`)
  await lab.worker().call('iasql_apply')
  await lab.user.run(`INSERT INTO topic (name, retention) VALUES ('kept', 60), ('other', 60)`)
  await lab.worker().call('iasql_apply')
  await lab.settle()
})

const stateOf = async () => {
  const [row] = await lab.user.query<{ state: string }>(
    'SELECT state FROM iasql_transaction ORDER BY opened_at DESC LIMIT 1',
  )
  return row?.state
}
const names = async () => {
  const rows = await lab.user.query<{ name: string }>('SELECT name FROM topic ORDER BY name')
  return rows.map(({ name }) => name)
}

test('a commit whose rows somebody holds too long is refused, and can be tried again', async () => {
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90 WHERE name = 'kept'`)

  const refused = await lab.user.transaction(async (transaction) => {
    await transaction.query(`SELECT id FROM topic WHERE name = 'kept' FOR UPDATE`)
    return await ann.refusal('iasql_commit')
  })

  expect(refused).toMatchObject({ code: 'transaction/edited' })
  expect(refused.hint).toContain('try again when that has ended')
  expect(await stateOf()).toBe('open')
  expect(await ann.call('iasql_commit')).toHaveLength(1)
  expect(await lab.plan()).toEqual([])
})

test('a session begins nothing while its transaction is being committed', async () => {
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90 WHERE name = 'kept'`)

  const second = await lab.user.transaction(async (transaction) => {
    await transaction.query(`SELECT id FROM topic WHERE name = 'kept' FOR UPDATE`)
    const commit = ann.refusal('iasql_commit')
    while ((await stateOf()) !== 'committing') await lab.clock.sleep(10)
    const refused = await ann.refusal('iasql_begin')
    await commit
    return refused
  })

  expect(second).toMatchObject({ code: 'transaction/open' })
  expect(second.message).toContain('is being committed by execution')
  expect(await stateOf()).toBe('open')
  await ann.call('iasql_rollback')
})

test('an execution that ends leaves no transaction in the middle of its commit', async () => {
  const { platform, tenant } = lab
  const begin = async (executionId: number) => {
    const id = randomUUID()
    await platform.run(
      `INSERT INTO ${tenant.schema}.iasql_transaction (transaction_id, actor, connection_id, state, execution_id)
       VALUES (:id, 'eve', :id, 'committing', :execution::bigint)`,
      { id, execution: executionId },
    )
    return id
  }
  const [early, late] = [await begin(9_001), await begin(9_002)]

  await leaveCommit(platform, tenant, { execution_id: 9_001, memory: { phase: 'prepare' } })
  await leaveCommit(platform, tenant, { execution_id: 9_002, memory: { phase: 'restore' } })

  const rows = await lab.user.query<{ transaction_id: string; state: string }>(
    `SELECT transaction_id, state FROM iasql_transaction WHERE actor = 'eve'`,
  )
  const states = new Map(rows.map((row) => [row.transaction_id, row.state]))
  expect([states.get(early), states.get(late)]).toEqual(['open', 'failed'])
  const lines = await lab.user.query(
    `SELECT change_type FROM iasql_audit_log WHERE transaction_id = '${late}' ORDER BY id`,
  )
  expect(lines).toEqual([{ change_type: 'END_COMMIT' }, { change_type: 'CLOSE_TRANSACTION' }])
  await platform.run(`DELETE FROM ${tenant.schema}.iasql_transaction WHERE actor = 'eve'`)
})

test('an edit that cannot be taken back is planned for whoever looks', async () => {
  await ann.call('iasql_begin')
  await ann.write(
    `DELETE FROM topic WHERE name = 'kept'`,
    `INSERT INTO network (cidr) VALUES ('10.3.0.0/16')`,
  )
  let isTaken = false
  lab.refuse((operation) => {
    if (operation !== 'CreateNetwork') return false
    if (!isTaken) void bob.write(`INSERT INTO topic (name) VALUES ('kept')`)
    isTaken = true
    return true
  })

  const error = await ann.refusal('iasql_commit')

  expect(error.detail).toMatch(/topic \d+: duplicate key value/)
  expect(error.hint).toContain('iasql_preview() shows what is left to do')
  expect(await names()).toEqual(['kept', 'other'])
  expect((await lab.plan()).filter((line) => line.startsWith('delete topic'))).toEqual(['delete topic kept'])
})

test('names that were swapped are swapped back, by a rollback and by a revert', async () => {
  const before = await lab.user.query('SELECT id, name FROM topic ORDER BY id')
  const swap = [
    `UPDATE topic SET name = 'aside' WHERE name = 'kept'`,
    `UPDATE topic SET name = 'kept' WHERE name = 'other'`,
    `UPDATE topic SET name = 'other' WHERE name = 'aside'`,
  ]
  await ann.call('iasql_begin')
  await ann.write(...swap)
  await ann.call('iasql_rollback')
  expect(await lab.user.query('SELECT id, name FROM topic ORDER BY id')).toEqual(before)
  const xid = await ann.write(...swap)

  await ann.call('iasql_revert', [xid])

  expect(await lab.user.query('SELECT id, name FROM topic ORDER BY id')).toEqual(before)
  expect(await lab.plan()).toEqual([])
})

test('a deletion that failed and cannot be taken back is not tried again by the way back', async () => {
  const kept = lab.cloud.world.all('topic').find(({ attributes }) => attributes.name === 'kept')
  await ann.call('iasql_begin')
  await ann.write(`DELETE FROM topic WHERE name = 'kept'`)
  let tries = 0
  lab.refuse((operation, { Id }) => {
    if (operation !== 'DeleteTopic' || Id !== kept?.id) return false
    if (tries === 0) void bob.write(`INSERT INTO topic (name) VALUES ('kept')`)
    tries += 1
    return true
  })

  await ann.refusal('iasql_commit')

  expect(tries).toBe(1)
  expect((await lab.plan()).filter((line) => line.startsWith('delete topic'))).toEqual(['delete topic kept'])
})

const toldOfLocks = async () => {
  const [row] = await lab.platform.query<{ told: boolean }>(
    `SELECT EXISTS (SELECT FROM ${lab.tenant.schema}.iasql_event
       WHERE body->>'message' = 'the way back waits for rows that another transaction holds') AS told`,
  )
  return row?.told === true
}

test('rows that somebody holds are waited for by the way back, which says so', async () => {
  await ann.call('iasql_begin')
  await ann.write(
    `UPDATE topic SET retention = 90 WHERE name = 'kept'`,
    `INSERT INTO network (cidr) VALUES ('10.3.0.0/16')`,
  )
  let isOver = false
  let holding: Promise<void> | undefined
  const hold = () =>
    lab.user.transaction(async (transaction) => {
      await transaction.query(`SELECT id FROM topic WHERE name = 'kept' FOR UPDATE`)
      while (!isOver && !(await toldOfLocks())) await lab.clock.sleep(10)
    })
  lab.refuse((operation) => {
    if (operation !== 'CreateNetwork') return false
    holding ??= hold()
    return true
  })

  const error = await ann.refusal('iasql_commit')
  isOver = true
  await holding

  expect(error.message).toContain('all of it was undone')
  expect(await toldOfLocks()).toBe(true)
  expect(await lab.plan()).toEqual([])
})

/** All that the audit log has so far was written so long ago. */
const age = async (days: number) => {
  await lab.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_audit SET ts = ts - make_interval(days => ${days}::int)`,
  )
}

test('an open transaction finds its edits and those of others when it ends, however old they are', async () => {
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90`)
  await bob.write(`UPDATE topic SET labels = '["bobs"]' WHERE name = 'other'`)
  await age(4_000)

  await purgeExpired(lab.worker().ports)

  expect((await ann.refusal('iasql_rollback')).message).toContain('bob edited topic other since')
  await bob.write(`UPDATE topic SET labels = NULL WHERE name = 'other'`)
  await ann.call('iasql_rollback')
  expect(await lab.user.query('SELECT DISTINCT retention FROM topic')).toEqual([{ retention: 60 }])
})

test('an edit that is pending is kept, and what is too old to be reverted is refused in words', async () => {
  const xid = await ann.write(`UPDATE topic SET retention = 75 WHERE name = 'other'`)
  const [begun] = await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90 WHERE name = 'kept'`)
  await ann.call('iasql_commit')
  await age(4_000)

  await purgeExpired(lab.worker().ports)

  const refused = await ann.refusal('iasql_revert', [String(begun?.transaction_id)])
  expect(refused).toMatchObject({ code: 'transaction/gone' })
  expect(refused.message).toContain('the audit log does not reach back to its beginning any more')
  await ann.call('iasql_revert', [xid])
  expect(await lab.user.query('SELECT name, retention FROM topic ORDER BY name')).toEqual([
    { name: 'kept', retention: 90 },
    { name: 'other', retention: 60 },
  ])
})
