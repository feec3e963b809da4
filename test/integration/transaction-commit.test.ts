/** A commit is all or nothing: one change that fails takes back the others, in the tables and in the cloud. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CommitLab, openCommitLab } from '#test/support/commit-lab.ts'
import type { LabSession } from '#test/support/session.ts'
import { lineOf } from '#test/support/tenant-lab.ts'

let lab: CommitLab
let ann: LabSession

beforeAll(async () => {
  lab = await openCommitLab()
  ann = await lab.session('ann')
})
afterAll(async () => {
  await lab?.close()
})
beforeEach(async () => {
  lab.refuse(() => false)
  for (const table of ['server', 'gateway', 'segment', 'topic', 'network'])
    await lab.user.run(`DELETE FROM ${table}`)
  await lab.worker().call('iasql_apply')
  await lab.user.run(`INSERT INTO network (cidr, notes) VALUES ('10.0.0.0/16', 'first')`)
  await lab.user.run(`INSERT INTO topic (name, retention) VALUES ('kept', 60), ('doomed', 60)`)
  await lab.worker().call('iasql_apply')
  await lab.settle()
})

const standing = async () => ({
  tables: await lab.tables(),
  things: await lab.things(),
  plan: await lab.plan(),
})

test('applies the edits of the transaction, and nothing else', async () => {
  await lab.user.run(`UPDATE topic SET retention = 90 WHERE name = 'doomed'`)
  await ann.call('iasql_begin')
  await ann.write(
    `INSERT INTO topic (name) VALUES ('new')`,
    `UPDATE topic SET retention = 120 WHERE name = 'kept'`,
  )

  const done = await ann.call('iasql_commit', ['a new topic'])

  expect(done.map(lineOf).sort()).toEqual(['create topic', 'update topic'])
  expect(Object.keys(done[0] ?? {})).toEqual(
    expect.arrayContaining(['action', 'table_name', 'id', 'description']),
  )
  expect(await lab.plan()).toEqual(['update topic doomed: retention 60 → 90'])
  const [record] = await lab.user.query<{ state: string; message: string }>(
    'SELECT state, message FROM iasql_transaction ORDER BY opened_at DESC LIMIT 1',
  )
  expect(record).toEqual({ state: 'committed', message: 'a new topic' })
})

test('undoes creates, updates and replacements when one change fails', async () => {
  const before = await standing()
  await ann.call('iasql_begin')
  await ann.write(
    `INSERT INTO network (cidr, tags) VALUES ('10.1.0.0/16', '{"Name":"second"}')`,
    `INSERT INTO segment (network_id, cidr) SELECT id, '10.1.1.0/24' FROM network WHERE cidr = '10.1.0.0/16'`,
    `UPDATE network SET notes = 'other', cidr = '10.2.0.0/16' WHERE cidr = '10.0.0.0/16'`,
    `UPDATE topic SET retention = 120 WHERE name = 'kept'`,
    `INSERT INTO gateway (segment_id) SELECT id FROM segment`,
  )
  lab.refuse((operation) => operation === 'CreateGateway')

  const error = await ann.refusal('iasql_commit')

  expect(error).toMatchObject({ code: 'transaction/undone', sqlstate: 'IQ002' })
  expect(error.message).toContain('all of it was undone')
  expect(error.detail).toContain('CreateGateway is not allowed here.')
  await lab.settle()
  expect(await standing()).toEqual(before)
  expect(await ann.refusal('iasql_commit')).toMatchObject({ code: 'transaction/none' })
})

test('deletes what holds data only when everything else is done', async () => {
  const before = await standing()
  const [doomed] = lab.cloud.world.all('topic').filter(({ attributes }) => attributes.name === 'doomed')
  await ann.call('iasql_begin')
  await ann.write(`DELETE FROM topic WHERE name = 'doomed'`, `INSERT INTO topic (name) VALUES ('bad')`)
  lab.refuse((operation) => operation === 'CreateTopic')

  const error = await ann.refusal('iasql_commit')

  expect(error.message).toContain('all of it was undone')
  expect(lab.cloud.world.now(doomed?.id ?? '')?.attributes.name).toBe('doomed')
  await lab.settle()
  expect(await standing()).toEqual(before)
})

test('rows say by which id the cloud knows what was made again', async () => {
  const old = await topicIds()
  const kept = lab.cloud.world.all('topic').find(({ attributes }) => attributes.name === 'kept')
  await ann.call('iasql_begin')
  await ann.write(`DELETE FROM topic`)
  lab.refuse((operation, { Id }) => operation === 'DeleteTopic' && Id === kept?.id)

  await ann.refusal('iasql_commit')

  const known = lab.cloud.world.all('topic').map(({ id }) => id)
  expect((await topicIds()).sort()).toEqual(known.sort())
  expect(await topicIds()).not.toEqual(old)
})

const topicIds = async () => {
  const rows = await lab.user.query<{ topic_id: string }>('SELECT topic_id FROM topic ORDER BY name')
  return rows.map(({ topic_id: id }) => id)
}

test('makes again what was deleted, and says that its data is gone', async () => {
  const before = await standing()
  await ann.call('iasql_begin')
  await ann.write(`DELETE FROM topic`)
  const kept = lab.cloud.world.all('topic').find(({ attributes }) => attributes.name === 'kept')
  lab.refuse((operation, { Id }) => operation === 'DeleteTopic' && Id === kept?.id)

  const error = await ann.refusal('iasql_commit')

  expect(error.code).toBe('transaction/undone')
  expect(error.detail).toContain('topic doomed was deleted and is made anew, without what was stored in it')
  lab.refuse(() => false)
  await lab.settle()
  expect(await standing()).toEqual(before)
})

test('brings back a network with what the cloud made along with it', async () => {
  await ann.call('iasql_begin')
  await ann.write(
    `DELETE FROM network`,
    `INSERT INTO network (cidr, tags) VALUES ('10.7.0.0/16', '{"Name":"seventh"}')`,
    `DELETE FROM topic WHERE name = 'kept'`,
  )
  const before = await lab.things()
  lab.refuse((operation) => operation === 'DeleteTopic')

  await ann.refusal('iasql_commit')

  lab.refuse(() => false)
  await lab.settle()
  await lab.worker().call('iasql_sync')
  expect(await lab.plan()).toEqual([])
  expect((await lab.things()).map(withoutOwner)).toEqual(before.map(withoutOwner))
})

const withoutOwner = (line: string): string => line.replace(/(network|rulebook)\/\d+/g, '$1')

test('leaves edits of before the transaction as they were: pending, on the very rows that it undoes', async () => {
  await ann.write(`UPDATE topic SET labels = '["x"]' WHERE name = 'kept'`)
  await ann.write(`INSERT INTO topic (name) VALUES ('pending')`)
  const before = await standing()
  await ann.call('iasql_begin')
  await ann.write(
    `UPDATE topic SET retention = 120 WHERE name IN ('kept', 'pending')`,
    `INSERT INTO network (cidr) VALUES ('10.3.0.0/16')`,
  )
  lab.refuse((operation) => operation === 'CreateNetwork')

  const error = await ann.refusal('iasql_commit')

  expect(error.message).toContain('all of it was undone')
  await lab.settle()
  expect(await standing()).toEqual(before)
})

test('takes nothing back that others have edited meanwhile, and names it', async () => {
  const bob = await lab.session('bob')
  await ann.call('iasql_begin')
  await ann.write(
    `UPDATE topic SET retention = 120 WHERE name = 'kept'`,
    `INSERT INTO network (cidr) VALUES ('10.3.0.0/16')`,
  )
  let isEdited = false
  lab.refuse((operation) => {
    if (operation !== 'CreateNetwork') return false
    if (!isEdited) {
      isEdited = true
      void bob.write(`UPDATE topic SET retention = 240 WHERE name = 'kept'`)
    }
    return true
  })

  const error = await ann.refusal('iasql_commit')

  expect(error.detail).toContain('topic kept stays as bob edited it since')
  expect(await lab.user.query(`SELECT retention FROM topic WHERE name = 'kept'`)).toEqual([
    { retention: 240 },
  ])
})

test('is taken back when it is cancelled', async () => {
  const before = await standing()
  await ann.call('iasql_begin')
  await ann.write(
    `INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network`,
    `INSERT INTO gateway (segment_id) SELECT id FROM segment`,
  )
  const commit = ann.refusal('iasql_commit')
  await lab.clock.sleep(8_000)
  const [execution] = await lab.platform.query<{ id: number }>(
    `SELECT execution_id AS id FROM ${lab.tenant.schema}.iasql_execution_record WHERE ended_at IS NULL`,
  )
  await lab.openWorker().call('iasql_cancel', [execution?.id ?? 0])

  const error = await commit

  expect(error).toMatchObject({ sqlstate: 'IQ002' })
  expect(error.message).toContain('it was cancelled')
  await lab.settle()
  expect(await standing()).toEqual(before)
})
