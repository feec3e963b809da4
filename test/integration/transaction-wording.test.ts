/** What people are told when a transaction cannot be ended as they asked: how much of it, and what to do next. */
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
  lab.refuse(() => false)
  for (const table of ['gateway', 'segment', 'topic', 'network']) await lab.user.run(`DELETE FROM ${table}`)
  await lab.worker().call('iasql_apply')
  await lab.user.run(
    `INSERT INTO topic (name, retention) SELECT 'kept-' || n, 60 FROM generate_series(1, 4) n`,
  )
  await lab.worker().call('iasql_apply')
  await lab.settle()
})

test('a failed commit counts all of its changes, also those that were not done', async () => {
  await ann.call('iasql_begin')
  await ann.write(
    `DELETE FROM topic WHERE name <> 'kept-1'`,
    `UPDATE topic SET retention = 90 WHERE name = 'kept-1'`,
    `INSERT INTO network (cidr) VALUES ('10.1.0.0/16')`,
  )
  lab.refuse((operation) => operation === 'CreateNetwork')

  const error = await ann.refusal('iasql_commit')

  expect(error.message).toBe(
    'the commit failed, and all of it was undone. 1 of 5 changes failed, 1 was done and taken back, 3 not done: CreateNetwork is not allowed here.',
  )
  expect(error.hint).not.toContain('iasql_preview')
})

test('edits that come to nothing are no changes of a commit', async () => {
  await ann.call('iasql_begin')
  await ann.write(
    `INSERT INTO network (cidr) VALUES ('10.1.0.0/16'), ('10.2.0.0/16')`,
    `DELETE FROM network WHERE cidr = '10.2.0.0/16'`,
    `UPDATE topic SET retention = 90`,
    `UPDATE topic SET retention = 60`,
  )
  lab.refuse((operation) => operation === 'CreateNetwork')

  const error = await ann.refusal('iasql_commit')

  expect(error.message).toContain('1 of 1 changes failed: ')
})

test('where all of it stands again, if under new ids, nobody is sent to an empty preview', async () => {
  await ann.call('iasql_begin')
  await ann.write(`DELETE FROM topic WHERE name IN ('kept-1', 'kept-2')`)
  const second = lab.cloud.world.all('topic').find(({ attributes }) => attributes.name === 'kept-2')
  lab.refuse((operation, { Id }) => operation === 'DeleteTopic' && Id === second?.id)

  const error = await ann.refusal('iasql_commit')

  expect(error.detail).toContain('topic kept-1 was deleted and is made anew')
  expect(error.hint).not.toContain('iasql_preview')
  lab.refuse(() => false)
  expect(await lab.plan()).toEqual([])
})

test('what could not be taken back is there to preview', async () => {
  await ann.call('iasql_begin')
  await ann.write(`DELETE FROM topic WHERE name IN ('kept-1', 'kept-2')`)
  const second = lab.cloud.world.all('topic').find(({ attributes }) => attributes.name === 'kept-2')
  lab.refuse((operation, { Id }) => operation === 'CreateTopic' || Id === second?.id)

  const error = await ann.refusal('iasql_commit')

  expect(error.hint).toContain('iasql_preview()')
  lab.refuse(() => false)
  expect(await lab.plan()).toEqual(['create topic kept-1'])
})

test('a commit that another open transaction stands in the way of names that one, and no revert of it', async () => {
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90 WHERE name = 'kept-1'`)
  const [begun] = await bob.call('iasql_begin')
  await bob.write(`UPDATE topic SET retention = 120 WHERE name = 'kept-1'`)

  const refused = await ann.refusal('iasql_commit')

  expect(refused.message).toContain('bob edited topic kept-1 since')
  expect(refused.hint).toBe(
    `Transaction ${String(begun?.transaction_id)} of bob is still open: once its session has taken those edits back, by SELECT * FROM iasql_rollback(), try again. Or set those columns once more, to what you want: then it can be committed.`,
  )
  await bob.call('iasql_rollback')
  expect(await ann.call('iasql_commit')).toHaveLength(1)
})

test('a commit that an edit outside of transactions stands in the way of tells how to revert that', async () => {
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90 WHERE name = 'kept-1'`)
  const xid = await bob.write(`UPDATE topic SET retention = 120 WHERE name = 'kept-1'`)

  const refused = await ann.refusal('iasql_commit')

  expect(refused.hint).toContain(`iasql_revert('${xid}')`)
  await bob.call('iasql_revert', [xid])
  expect(await ann.call('iasql_commit')).toHaveLength(1)
})

test('NULL is no transaction to revert', async () => {
  const refused = await ann.refusal('iasql_revert', [null])

  expect(refused).toMatchObject({
    code: 'transaction/unknown',
    sqlstate: '22004',
    message: 'transaction_id of iasql_revert() is NULL, which is no transaction',
  })
  expect(refused.hint).toContain('iasql_audit_log')
})
