/** What others do while a commit runs, or did before it, stays theirs when it is taken back. */
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
  for (const table of ['server', 'segment', 'topic', 'network']) await lab.user.run(`DELETE FROM ${table}`)
  await lab.worker().call('iasql_apply')
  await lab.user.run(`INSERT INTO topic (name, retention) VALUES ('kept', 60), ('other', 60)`)
  await lab.worker().call('iasql_apply')
  await lab.settle()
})

const names = async () => {
  const rows = await lab.user.query<{ name: string }>('SELECT name FROM topic ORDER BY name')
  return rows.map(({ name }) => name)
}
const topics = () =>
  lab.cloud.world
    .all('topic')
    .map(({ attributes }) => `${String(attributes.name)} ${String(attributes.retention)}`)
    .sort()

/** What somebody does just when AWS refuses the change that fails. */
const meanwhile = (act: () => Promise<unknown>) => {
  let isDone = false
  lab.refuse((operation) => {
    if (operation !== 'CreateNetwork') return false
    if (!isDone) void act()
    isDone = true
    return true
  })
}
const badChange = `INSERT INTO network (cidr) VALUES ('10.3.0.0/16')`

test('a name that somebody else has taken meanwhile is theirs, and the rest is taken back', async () => {
  await ann.call('iasql_begin')
  await ann.write(
    `UPDATE topic SET name = 'renamed' WHERE name = 'kept'`,
    `UPDATE topic SET retention = 90 WHERE name = 'other'`,
    badChange,
  )
  meanwhile(() => bob.write(`INSERT INTO topic (name) VALUES ('kept')`))

  const error = await ann.refusal('iasql_commit')

  expect(error.message).toContain('it was undone, but for 1 that the detail names')
  expect(error.detail).toMatch(/topic \d+: duplicate key value/)
  expect(await names()).toEqual(['kept', 'other', 'renamed'])
  expect(await lab.user.query(`SELECT retention FROM topic WHERE name = 'other'`)).toEqual([
    { retention: 60 },
  ])
  expect(await lab.user.query('SELECT count(*) AS n FROM network')).toEqual([{ n: 0 }])
  expect(topics()).toEqual(['kept 60', 'other 60'])
})

test('a row that others refer to by now stays, with its resource', async () => {
  await ann.call('iasql_begin')
  await ann.write(`INSERT INTO topic (name, retention) VALUES ('target', 60)`, badChange)
  meanwhile(() =>
    bob.write(
      `UPDATE topic SET dead_letter_id = t.id FROM topic t WHERE t.name = 'target' AND topic.name = 'other'`,
    ),
  )

  const error = await ann.refusal('iasql_commit')

  expect(error.detail).toMatch(/topic \d+ refers to topic target, which stays therefore/)
  expect(await names()).toEqual(['kept', 'other', 'target'])
  expect(topics()).toEqual(['kept 60', 'other 60', 'target 60'])
  await bob.call('iasql_apply')
  expect(await lab.plan()).toEqual([])
})

test('what it took over is given back as it was', async () => {
  const place = { accountId: '123456789012', region: 'us-east-1' }
  const foreign = lab.cloud.world.make(
    { kind: 'topic', place, madeBy: 'stranger' },
    { name: 'foreign', retention: 45, tags: {} },
  )
  await lab.settle()
  await ann.call('iasql_begin')
  await ann.write(`INSERT INTO topic (name, retention) VALUES ('foreign', 90)`, badChange)
  expect((await ann.call('iasql_preview')).map(({ action }) => action).sort()).toEqual(['adopt', 'create'])
  lab.refuse((operation) => operation === 'CreateNetwork')

  const error = await ann.refusal('iasql_commit')

  expect(error.message).toContain('all of it was undone')
  expect(foreign.versions.map(({ attributes }) => attributes?.retention)).toEqual([45, 90, 45])
  expect(topics()).toEqual(['foreign 45', 'kept 60', 'other 60'])
  expect(await names()).toEqual(['kept', 'other'])
  expect(await lab.plan()).toEqual([])
  lab.cloud.world.remove(foreign, 'stranger')
})

test('a row whose resource somebody had deleted is missing again, not made', async () => {
  const [gone] = lab.cloud.world.all('topic').filter(({ attributes }) => attributes.name === 'kept')
  if (gone) lab.cloud.world.remove(gone.thing, 'stranger')
  await lab.user.run(
    `UPDATE topic SET dead_letter_id = t.id FROM topic t WHERE t.name = 'kept' AND topic.name = 'other'`,
  )
  await lab.settle()
  await lab.worker().call('iasql_sync')
  const before = { tables: await lab.tables(), plan: await lab.plan() }
  await ann.call('iasql_begin')
  await ann.write(`UPDATE topic SET retention = 90 WHERE name = 'kept'`, badChange)
  lab.refuse((operation) => operation === 'CreateNetwork')

  await ann.refusal('iasql_commit')

  await lab.settle()
  expect({ tables: await lab.tables(), plan: await lab.plan() }).toEqual(before)
  expect(topics()).toEqual(['other 60'])
})

test('an apply by somebody else that holds a row is waited for, and the commit goes on', async () => {
  await bob.write(`INSERT INTO server (user_data) VALUES ('x')`)
  const apply = lab.openWorker().call('iasql_apply', [null, false, true, 'wait'], bob)
  await lab.clock.sleep(1_000)
  await ann.call('iasql_begin')
  await ann.write(`UPDATE server SET is_watched = true`)

  const [, done] = await Promise.all([apply, ann.call('iasql_commit')])

  expect(done.map(({ action }) => action)).toEqual(['update'])
  expect(await lab.plan()).toEqual([])
})

test('what the session applied within the transaction is taken back too', async () => {
  const before = { tables: await lab.tables(), things: await lab.things(), plan: await lab.plan() }
  await ann.call('iasql_begin')
  await ann.write(
    `UPDATE topic SET retention = 90 WHERE name = 'kept'`,
    `INSERT INTO topic (name) VALUES ('early')`,
  )
  await ann.call('iasql_apply')
  await lab.settle()
  await ann.write(badChange)
  lab.refuse((operation) => operation === 'CreateNetwork')

  const error = await ann.refusal('iasql_commit')

  expect(error.message).toContain('all of it was undone')
  await lab.settle()
  expect({ tables: await lab.tables(), things: await lab.things(), plan: await lab.plan() }).toEqual(before)
})

test('what stands in other rows for a replaced one moves over with the commit', async () => {
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.4.0.0/16')`)
  await lab.user.run(`INSERT INTO topic (name, policy) SELECT 'told', NULL`)
  await lab.user.run(
    `UPDATE topic SET tags = jsonb_build_object('network', iasql_ref('network', (SELECT id FROM network), 'network_id')) WHERE name = 'told'`,
  )
  await lab.worker().call('iasql_apply')
  await lab.settle()

  await ann.call('iasql_begin')
  await ann.write(`UPDATE network SET cidr = '10.5.0.0/16'`)
  await ann.call('iasql_commit')
  await lab.settle()

  const [network] = lab.cloud.world.all('network').filter(({ state }) => state !== 'deleting')
  const told = lab.cloud.world.all('topic').find(({ attributes }) => attributes.name === 'told')
  expect(told?.attributes.tags).toMatchObject({ network: network?.id })
  expect(await ann.call('iasql_preview')).toEqual([])
})

test('what is made anew is made where others have only planned a change', async () => {
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
  await lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network`)
  await lab.user.run(`INSERT INTO server (segment_id) SELECT id FROM segment`)
  await bob.call('iasql_apply')
  await bob.write(`UPDATE segment SET cidr = '10.0.2.0/24'`)
  await lab.settle()
  const before = { tables: await lab.tables(), things: await lab.things() }
  const planned = (await lab.plan()).map((line) => line.split(' ').slice(0, 2).join(' '))
  await ann.call('iasql_begin')
  await ann.write('DELETE FROM server', `DELETE FROM topic WHERE name = 'kept'`)
  lab.refuse((operation) => operation === 'DeleteTopic')

  const error = await ann.refusal('iasql_commit')

  await lab.settle()
  expect(error.detail).not.toContain('could not be undone')
  expect({ tables: await lab.tables(), things: await lab.things() }).toEqual(before)
  expect((await lab.plan()).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(planned)
})

test('a name whose deletion waits to be applied is refused, also where the cloud has lost it', async () => {
  const [gone] = lab.cloud.world.all('topic').filter(({ attributes }) => attributes.name === 'kept')
  if (gone) lab.cloud.world.remove(gone.thing, 'stranger')
  await lab.settle()
  await bob.write(`DELETE FROM topic WHERE name = 'kept'`)
  await lab.worker().call('iasql_sync')
  expect(await lab.plan()).toEqual(['forget topic kept'])
  await ann.call('iasql_begin')
  await ann.write(`INSERT INTO topic (name, retention) VALUES ('kept', 90)`)

  const error = await ann.refusal('iasql_commit')

  expect(error.message).toContain('create topic kept cannot be done without changes that are not part of it')
  expect(topics()).toEqual(['other 60'])
  await ann.call('iasql_rollback')
  expect(await lab.plan()).toEqual(['forget topic kept'])
})
