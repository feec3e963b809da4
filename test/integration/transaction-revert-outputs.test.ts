/** A row that a revert brings back says at once what the cloud has given to the resource that it still stands for. */
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
  for (const table of ['server', 'gateway', 'segment', 'topic', 'network'])
    await lab.user.run(`DELETE FROM ${table}`)
  await lab.worker().call('iasql_apply')
  await lab.user.run(`INSERT INTO topic (name, retention) VALUES ('one', 60), ('two', 60)`)
  await lab.user.run(`INSERT INTO network (cidr, notes) VALUES ('10.0.0.0/16', 'first')`)
  await lab.worker().call('iasql_apply')
  await lab.settle()
})

const rowsOf = (table: string): Promise<readonly Row[]> =>
  lab.user.query<Row>(`SELECT * FROM ${table} ORDER BY id`)
const everything = async () => ({
  ...{ topics: await rowsOf('topic'), networks: await rowsOf('network'), books: await rowsOf('rulebook') },
  plan: await lab.plan(),
})
const one = async (): Promise<Row | undefined> => (await rowsOf('topic')).find(({ name }) => name === 'one')

test('as long as nothing has been applied', async () => {
  const before = await everything()
  const xid = await ann.write('DELETE FROM topic', 'DELETE FROM network')

  await ann.call('iasql_revert', [xid])

  expect(await everything()).toEqual(before)
  expect(before.topics.every(({ topic_id: id }) => typeof id === 'string')).toBe(true)
})

test('within a transaction, and nothing of it is left to whoever rolls that back', async () => {
  const before = await everything()
  const xid = await ann.write('DELETE FROM topic')
  await ann.call('iasql_begin')

  await ann.call('iasql_revert', [xid])

  expect(await everything()).toEqual(before)
  await ann.call('iasql_rollback')
  expect(await rowsOf('topic')).toEqual([])
})

test('nothing where the resource is gone: what is made for it anew has another id', async () => {
  const old = await one()
  const xid = await ann.write(`DELETE FROM topic WHERE name = 'one'`)
  await ann.call('iasql_apply')
  await lab.settle()

  await ann.call('iasql_revert', [xid])

  expect(await one()).toEqual({ ...old, topic_id: null, state: null })
  await ann.call('iasql_apply')
  expect((await one())?.topic_id).not.toBe(old?.topic_id)
})

test('nothing while an apply is about to delete the resource', async () => {
  const old = await one()
  const xid = await ann.write(`DELETE FROM topic WHERE name = 'one'`)
  let reverting: Promise<readonly Row[]> | undefined
  let between: Row | undefined
  lab.refuse((operation) => {
    if (operation === 'DeleteTopic')
      reverting ??= ann.call('iasql_revert', [xid]).finally(async () => (between = await one()))
    return false
  })

  await lab.worker().call('iasql_apply')
  await reverting

  expect(between).toEqual({ ...old, topic_id: null, state: null })
  expect(await one()).toEqual(between)
  expect(lab.cloud.world.all('topic').map(({ attributes }) => attributes.name)).toEqual(['two'])
})

test('of the resource that stands for the row now, and not of an earlier one', async () => {
  const old = await one()
  const xid = await ann.write(`DELETE FROM topic WHERE name = 'one'`)
  await ann.call('iasql_apply')
  await lab.settle()
  await ann.write(`INSERT INTO topic (id, name, retention) VALUES (${old?.id}, 'one', 60)`)
  await ann.call('iasql_apply')
  await lab.settle()
  const young = await one()
  await ann.write(`DELETE FROM topic WHERE name = 'one'`)

  await ann.call('iasql_revert', [xid])

  expect(await one()).toEqual(young)
  expect(young?.topic_id).not.toBe(old?.topic_id)
})

test('also what a sync has found while there was no row', async () => {
  const [network] = lab.cloud.world.all('network')
  const xid = await ann.write(`DELETE FROM network`)
  lab.cloud.world.make(
    { kind: 'segment', place: { accountId: '123456789012', region: 'us-east-1' }, madeBy: 'stranger' },
    { network_id: network?.id ?? null, cidr: '10.0.3.0/24', tags: {} },
  )
  await lab.settle()
  await lab.worker().call('iasql_sync')

  await ann.call('iasql_revert', [xid])

  expect(await rowsOf('network')).toMatchObject([{ network_id: network?.id, segment_count: 1 }])
})
