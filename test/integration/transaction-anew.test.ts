/** What AWS makes anew along with a resource that is put back stands for the rows of before, and is given what these say. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Row } from '#engine/model/json.ts'
import { type CommitLab, openCommitLab } from '#test/support/commit-lab.ts'
import type { LabSession } from '#test/support/session.ts'

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
  for (const table of ['server', 'segment', 'topic', 'network']) await lab.user.run(`DELETE FROM ${table}`)
  await lab.worker().call('iasql_apply')
  await lab.user.run(`INSERT INTO topic (name) VALUES ('stubborn')`)
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
  await lab.worker().call('iasql_apply')
  await lab.user.run(`UPDATE rulebook SET rules = '["a"]', tags = '{"Name":"mine"}'`)
  await lab.user.run(`INSERT INTO server (rulebook_id, user_data) SELECT id, 'x' FROM rulebook`)
  await lab.worker().call('iasql_apply')
  await lab.settle()
})

interface Standing {
  readonly tables: Readonly<Record<string, Row>>
  readonly things: readonly string[]
  readonly plan: readonly string[]
}
const standing = async (): Promise<Standing> => ({
  tables: await lab.tables(),
  things: await lab.things(),
  plan: await lab.plan(),
})
const deletions = ['DELETE FROM server', 'DELETE FROM network']

/** It fails as the last of it is to be done. */
async function failedCommit(...statements: readonly string[]): Promise<void> {
  await ann.call('iasql_begin')
  await ann.write(...statements, `DELETE FROM topic WHERE name = 'stubborn'`)
  lab.refuse((operation) => operation === 'DeleteTopic')
  const error = await ann.refusal('iasql_commit')
  expect(error.code).toBe('transaction/undone')
  lab.refuse(() => false)
  await lab.settle()
}
async function deleted(): Promise<string> {
  const id = await ann.write(...deletions)
  await ann.call('iasql_apply')
  await lab.settle()
  return id
}
const expectNothingLeft = async (): Promise<void> => {
  expect(await lab.plan()).toEqual([])
  expect(await ann.call('iasql_sync')).toEqual([])
}

test('a commit that is taken back after it has deleted a network leaves its rulebook as it was, and who obeys it', async () => {
  const before = await standing()

  await failedCommit(...deletions)

  expect(await standing()).toEqual(before)
  await expectNothingLeft()
})

test('so it does what was edited in it and not applied yet', async () => {
  await lab.user.run(`UPDATE rulebook SET rules = '["b"]'`)
  const before = await standing()

  await failedCommit(...deletions)

  expect(await standing()).toEqual(before)
  expect(before.plan).toHaveLength(1)
})

test('so does a revert of what has deleted the network, with the next apply', async () => {
  const before = await standing()
  const id = await deleted()

  const rows = await ann.call('iasql_revert', [id])

  expect(rows.map(({ action, table_name: table }) => `${action} ${table}`).sort()).toEqual([
    'create network',
    'create server',
  ])
  expect(await lab.tables()).toEqual(before.tables)
  expect((await lab.plan()).map((line) => line.split(' ', 2).join(' '))).toEqual([
    'create network',
    'create server',
  ])
  await ann.call('iasql_sync')
  await ann.call('iasql_apply')
  await lab.settle()
  expect(await standing()).toEqual(before)
  await expectNothingLeft()
})

test('what is edited in it before that apply is made so', async () => {
  const id = await deleted()
  await ann.call('iasql_revert', [id])
  await ann.write(`UPDATE rulebook SET rules = '["c"]'`)

  await ann.call('iasql_apply')

  await lab.settle()
  const [{ attributes } = { attributes: {} }] = lab.cloud.world.all('rulebook')
  expect(attributes).toMatchObject({ rules: ['c'] })
  expect(await lab.user.query('SELECT rules FROM rulebook')).toEqual([{ rules: ['c'] }])
  await expectNothingLeft()
})

test('a network that is put back and deleted again before that leaves nothing', async () => {
  const id = await deleted()
  await ann.call('iasql_revert', [id])
  await ann.write(...deletions)

  await ann.call('iasql_apply')

  expect(await lab.user.query('SELECT id FROM rulebook')).toEqual([])
  expect(await lab.platform.query(records())).toEqual([])
  await expectNothingLeft()
})

test('so does a revert that is rolled back', async () => {
  const id = await deleted()
  await ann.call('iasql_begin')
  await ann.call('iasql_revert', [id])

  await ann.call('iasql_rollback')

  expect(await lab.user.query('SELECT id FROM network')).toEqual([])
  expect(await lab.user.query('SELECT id FROM rulebook')).toEqual([])
  expect(await lab.platform.query(records())).toEqual([])
  await expectNothingLeft()
})

test('and one that is reverted', async () => {
  const id = await deleted()
  const before = await standing()
  await ann.call('iasql_begin')
  const [{ transaction_id: again } = { transaction_id: null }] = await lab.platform.query<Row>(
    `SELECT transaction_id FROM ${lab.tenant.schema}.iasql_transaction WHERE state = 'open'`,
  )
  await ann.call('iasql_revert', [id])
  await ann.call('iasql_commit')
  await lab.settle()

  await ann.call('iasql_revert', [String(again)])

  await ann.call('iasql_apply')
  await lab.settle()
  expect(await standing()).toEqual(before)
  await expectNothingLeft()
})

test('nobody but the engine says what AWS is to make', async () => {
  const before = await lab.platform.query(records())
  const given = [{ table_name: 'rulebook', row_id: 900, parent_table: 'network', parent_row: 901 }]

  const [said] = await lab.user.query(`SELECT iasql_await_companions('${JSON.stringify(given)}') AS is_done`)

  expect(said).toEqual({ is_done: false })
  expect(await lab.platform.query(records())).toEqual(before)
})

const records = (): string =>
  `SELECT table_name, row_id FROM ${lab.tenant.schema}.iasql_resource WHERE table_name IN ('network', 'rulebook')`
