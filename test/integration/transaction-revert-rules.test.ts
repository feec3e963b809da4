/** A revert takes back rows that AWS makes along with others too, whoever has taken them away and put them back meanwhile. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CommitLab, openCommitLab } from '#test/support/commit-lab.ts'
import type { LabSession } from '#test/support/session.ts'

let lab: CommitLab
let ann: LabSession

beforeAll(async () => {
  lab = await openCommitLab({ modules: ['shapes'] })
  ann = await lab.session('ann')
})
afterAll(() => lab?.close())
beforeEach(async () => {
  for (const table of ['rule', 'guard', 'network']) await lab.user.run(`DELETE FROM ${table}`)
  await ann.call('iasql_apply')
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
  await ann.call('iasql_apply')
})

const guarding = 'INSERT INTO guard (network_id) SELECT id FROM network'
const shutting = 'DELETE FROM rule WHERE id = (SELECT id FROM rule)'
const opening = `INSERT INTO rule (guard_id, direction, port) SELECT id, 'out', -1 FROM guard`
const letting = `INSERT INTO rule (guard_id, direction, port) SELECT id, 'in', 80 FROM guard`
const rules = () => lab.user.query('SELECT direction FROM rule ORDER BY direction')
const ways = () => lab.cloud.world.all('rule').map(({ attributes }) => attributes.direction)

test.each([
  ['alone', [opening]],
  ['among others', [letting, opening]],
])('a way out that was given back is taken away again, %s', async (_, statements) => {
  await ann.write(guarding)
  await ann.call('iasql_apply')
  await ann.write(shutting)
  await ann.call('iasql_apply')
  await lab.settle()
  const [begun] = await ann.call('iasql_begin')
  await ann.write(...statements)
  await ann.call('iasql_commit')
  await lab.settle()
  expect(ways()).toHaveLength(statements.length)

  const rows = await ann.call('iasql_revert', [String(begun?.transaction_id)])

  expect(rows.map(({ action }) => action)).toEqual(statements.map(() => 'delete'))
  expect(await rules()).toEqual([])
  await ann.call('iasql_apply')
  expect(ways()).toEqual([])
})

test('a way out that was put back, and that the cloud has not got yet, goes with its guard', async () => {
  const made = await ann.write(guarding)
  await ann.call('iasql_apply')
  const shut = await ann.write(shutting)
  await ann.call('iasql_apply')
  await lab.settle()
  await ann.call('iasql_revert', [shut])
  expect(await rules()).toEqual([{ direction: 'out' }])

  const rows = await ann.call('iasql_revert', [made])

  expect(rows.map((row) => `${row.action} ${row.table_name}`).sort()).toEqual(['delete guard', 'delete rule'])
  expect(await rules()).toEqual([])
  await ann.call('iasql_apply')
  expect(lab.cloud.world.all('guard')).toEqual([])
})

test('a rule of somebody’s own still stands in the way, and is named', async () => {
  const made = await ann.write(guarding)
  await ann.call('iasql_apply')
  await ann.write(letting)

  const refused = await ann.refusal('iasql_revert', [made])

  expect(refused.message).toMatch(/rule .* refers to guard/)
  expect(await rules()).toHaveLength(2)
})
