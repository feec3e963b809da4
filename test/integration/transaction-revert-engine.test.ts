/** What the engine has written stands in the audit log too: it cannot be reverted, and the error says what can be done. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { IasqlError } from '#engine/model/error.ts'
import { type CommitLab, openCommitLab } from '#test/support/commit-lab.ts'
import type { LabSession } from '#test/support/session.ts'

let lab: CommitLab
let ann: LabSession

beforeAll(async () => {
  lab = await openCommitLab()
  ann = await lab.session('ann')
})
afterAll(() => lab?.close())
beforeEach(async () => {
  lab.refuse(() => false)
  for (const table of ['server', 'gateway', 'segment', 'topic', 'network'])
    await lab.user.run(`DELETE FROM ${table}`)
  await ann.call('iasql_apply')
  await lab.user.run(`INSERT INTO topic (name, retention) VALUES ('one', 60), ('two', 60)`)
  await lab.settle()
})

async function lastOfEngine(): Promise<string> {
  const [row] = await lab.user.query<{ transaction_id: string }>(
    `SELECT transaction_id FROM iasql_audit_log
     WHERE by_engine AND change_type IN ('INSERT', 'UPDATE', 'DELETE') ORDER BY id DESC LIMIT 1`,
  )
  return row?.transaction_id ?? ''
}
const cannot = (id: string, who: string): Partial<IasqlError> => ({
  code: 'transaction/by-engine',
  sqlstate: '22023',
  message: `transaction ${id} cannot be reverted: iasql itself made it, ${who}`,
})

test('what a sync took over of the cloud is edited instead', async () => {
  await ann.call('iasql_apply')
  await lab.settle()
  for (const { thing } of lab.cloud.world.all('topic')) lab.cloud.world.remove(thing, 'stranger')
  await lab.settle()
  await ann.call('iasql_sync', [true])
  const id = await lastOfEngine()

  const error = await ann.refusal('iasql_revert', [id])

  expect(error).toMatchObject(cannot(id, 'by a sync that followed the cloud'))
  expect(error.hint).toContain('Edit the rows')
})

test('what an apply wrote leads to the edits that it applied', async () => {
  await ann.call('iasql_apply')
  const id = await lastOfEngine()

  const error = await ann.refusal('iasql_revert', [` ${id} `])

  expect(error).toMatchObject(cannot(id, 'by an apply that wrote down what the cloud made of edits'))
  expect(error.hint).toContain('iasql_audit_log WHERE NOT by_engine')
})

test('what a commit wrote leads to the transaction that it committed', async () => {
  await ann.call('iasql_apply')
  const [begun] = await ann.call('iasql_begin')
  await ann.write(`INSERT INTO topic (name) VALUES ('three')`)
  await ann.call('iasql_commit')
  const id = await lastOfEngine()

  const error = await ann.refusal('iasql_revert', [id])

  expect(error).toMatchObject(cannot(id, `by the commit of transaction ${String(begun?.transaction_id)}`))
  expect(error.hint).toContain(`iasql_revert('${String(begun?.transaction_id)}')`)
})

test('what the undo of a failed commit wrote has nothing to lead to', async () => {
  await ann.call('iasql_apply')
  const [begun] = await ann.call('iasql_begin')
  await ann.write(
    `INSERT INTO topic (name) VALUES ('three')`,
    `INSERT INTO network (cidr) VALUES ('10.1.0.0/16')`,
  )
  lab.refuse((operation) => operation === 'CreateNetwork')
  await ann.refusal('iasql_commit')
  const id = await lastOfEngine()

  const error = await ann.refusal('iasql_revert', [id])

  expect(error).toMatchObject(cannot(id, `by the commit of transaction ${String(begun?.transaction_id)}`))
  expect(error.hint).toContain('That commit failed and was undone')
})

test('what a function wrote leads to its counterpart', async () => {
  await ann.call('iasql_set', ['audit_retention_days', '100'])
  const id = await lastOfEngine()

  const error = await ann.refusal('iasql_revert', [id])

  expect(error).toMatchObject(cannot(id, 'by a function'))
  expect(error.hint).toContain('or iasql_set() with the value of before')
})

test('an edit beside what the engine wrote can still be reverted by its own number', async () => {
  const xid = await ann.write(`UPDATE topic SET retention = 90`)
  await ann.call('iasql_apply')
  await lab.settle()

  expect(await ann.call('iasql_revert', [xid])).toHaveLength(2)
})
