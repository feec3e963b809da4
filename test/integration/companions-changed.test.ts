/** What users change about a companion is given to the next one, though its parent is made anew by the same apply. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CommitLab, openCommitLab } from '#test/support/commit-lab.ts'
import type { LabSession } from '#test/support/session.ts'

let lab: CommitLab
let ann: LabSession

beforeAll(async () => {
  lab = await openCommitLab({ modules: ['shapes'] })
  ann = await lab.session('ann')
})
beforeEach(async () => {
  lab.refuse(() => false)
  for (const table of ['rule', 'guard', 'network']) await lab.user.run(`DELETE FROM ${table}`)
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
  await lab.user.run(`INSERT INTO guard (network_id) SELECT id FROM network`)
  await ann.call('iasql_apply')
  await lab.settle()
})
afterAll(() => lab.close())

const replacing = `UPDATE network SET cidr = '10.1.0.0/16'`
const ruling = `UPDATE rulebook SET rules = '["a"]'`
const rules = () => lab.cloud.world.all('rulebook').map(({ attributes }) => attributes.rules)
const waysOut = () => lab.cloud.world.all('rule').length

async function expectNothingLeft(): Promise<void> {
  await lab.settle()
  expect(await lab.plan()).toEqual([])
  expect(await ann.call('iasql_sync')).toEqual([])
}

const ways = [
  ['an apply', () => ann.call('iasql_apply')],
  ['an apply of one’s own edits', () => ann.call('iasql_apply', [null, true, true, 'wait'])],
  [
    'an apply of a plan',
    async () => {
      const [{ plan_id: planId }] = (await ann.call('iasql_preview')) as [{ plan_id: number }]
      return await ann.call('iasql_apply', [planId, false, true, 'wait'])
    },
  ],
  ['a commit', () => ann.call('iasql_commit')],
] as const

test.each(ways)('%s gives it to both', async (name, apply) => {
  if (name === 'a commit') await ann.call('iasql_begin')
  await ann.write(ruling, replacing)

  await apply()

  expect(rules()).toEqual([['a']])
  expect(await lab.user.query('SELECT rules FROM rulebook')).toEqual([{ rules: ['a'] }])
  await expectNothingLeft()
})

test.each(ways)('%s takes away what AWS made for both', async (name, apply) => {
  if (name === 'a commit') await ann.call('iasql_begin')
  await ann.write('DELETE FROM rule WHERE id = (SELECT id FROM rule)', replacing)

  await apply()

  expect(waysOut()).toBe(0)
  await expectNothingLeft()
})

const changes = [
  ['port = 80', { port: 80, notes: null }],
  [`notes = 'kept'`, { port: -1, notes: 'kept' }],
] as const
const wayOut = () =>
  lab.cloud.world.all('rule').map(({ attributes }) => ({ port: attributes.port, notes: attributes.notes }))

test.each(ways.flatMap(([name, apply]) => changes.map(([edit, rule]) => [name, edit, apply, rule] as const)))(
  '%s leaves what AWS made for both with %s, and with nothing else beside it',
  async (name, edit, apply, rule) => {
    const [before] = await lab.user.query<{ id: number }>('SELECT id FROM rule')
    if (name === 'a commit') await ann.call('iasql_begin')
    await ann.write(`UPDATE rule SET ${edit}`, replacing)

    await apply()

    expect(wayOut()).toEqual([rule])
    expect(await lab.user.query('SELECT id, port, notes FROM rule')).toEqual([{ ...before, ...rule }])
    await expectNothingLeft()
  },
)

test('what could not be given to the first is given to the next', async () => {
  await ann.write(ruling)
  await ann.call('iasql_apply')
  await ann.write(replacing)
  lab.refuse((operation) => operation === 'ModifyRulebook')
  await ann.refusal('iasql_apply')
  lab.refuse(() => false)
  await ann.write(`UPDATE network SET cidr = '10.2.0.0/16'`)

  await ann.call('iasql_apply')

  expect(rules()).toEqual([['a']])
  await expectNothingLeft()
})
