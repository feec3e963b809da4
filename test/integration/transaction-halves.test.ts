/** A commit that fails between the two halves of a replacement gives each row back what it had, with what is part of it. */
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
  lab.refuse(() => false)
  for (const table of ['server', 'rule', 'guard', 'gateway', 'segment', 'network'])
    await lab.user.run(`DELETE FROM ${table}`)
  await ann.call('iasql_apply')
  await ann.call('iasql_apply')
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16'), ('10.1.0.0/16')`)
})

/** A guard in the first network with two rules, and what AWS lets out of it or not. */
async function makeGuard(isOpen: boolean): Promise<void> {
  await lab.user.run(`INSERT INTO guard (network_id) SELECT id FROM network WHERE cidr = '10.0.0.0/16'`)
  await ann.call('iasql_apply')
  if (!isOpen) await lab.user.run('DELETE FROM rule')
  await lab.user.run(`INSERT INTO rule (guard_id, direction, port) SELECT id, 'in', 80 FROM guard`)
  await lab.user.run(`INSERT INTO rule (guard_id, direction, port) SELECT id, 'out', 443 FROM guard`)
  await ann.call('iasql_apply')
  await lab.settle()
}
const moving = `UPDATE guard SET network_id = n.id FROM network n WHERE n.cidr = '10.1.0.0/16'`

/** Rows with what the cloud calls them, and what there is. */
const standing = async () => ({
  guards: await lab.user.query('SELECT id, network_id, guard_id FROM guard'),
  rules: await lab.user.query('SELECT id, guard_id, port, rule_id FROM rule ORDER BY id'),
  things: await lab.things(),
  plan: await lab.plan(),
})
const withoutIds = (all: Awaited<ReturnType<typeof standing>>) => ({
  ...all,
  guards: all.guards.length,
  rules: all.rules.map((rule) => ({ ...rule, rule_id: null })),
})

async function failToMove(operation: string, times = 1) {
  await ann.call('iasql_begin')
  await ann.write(moving)
  let left = times
  lab.refuse((asked) => {
    if (asked !== operation) return false
    left -= 1
    return left >= 0
  })
  const error = await ann.refusal('iasql_commit')
  await lab.settle()
  return error
}

test.each(['CreateRules', 'DeleteRules'])(
  'refused at %s, guard and rules are the same as before',
  async (operation) => {
    await makeGuard(false)
    const before = await standing()

    // Both calls: of the ways in and out.
    const error = await failToMove(operation, 2)

    expect(await standing()).toEqual(before)
    expect(error.message).toContain('all of it was undone')
  },
)

test.each(['CreateRules', 'DeleteRules'])(
  'of rules of which one was done at %s, that one is made again',
  async (operation) => {
    await makeGuard(false)
    const before = await standing()

    const error = await failToMove(operation)

    const after = await standing()
    expect(withoutIds(after)).toEqual(withoutIds(before))
    expect(after.guards).toEqual(before.guards)
    expect(error.message).not.toContain('could not be undone')
  },
)

test('refused when nothing is left of it but the guard, its rules are made again in that', async () => {
  await makeGuard(false)
  const before = await standing()

  const error = await failToMove('DeleteGuard')

  const after = await standing()
  expect(withoutIds(after)).toEqual(withoutIds(before))
  expect(after.guards).toEqual(before.guards)
  expect(error.detail?.match(/^rule .* was deleted and is made anew/gm)).toHaveLength(2)
})

test('what came along with the old one is known again as what it was', async () => {
  await makeGuard(true)
  const before = await standing()

  const error = await failToMove('DeleteRules', 2)

  expect(await standing()).toEqual(before)
  expect(error.message).toContain('all of it was undone')
  expect(await ann.call('iasql_sync')).toEqual([])
  expect(await standing()).toEqual(before)
})

test('what waits to be ready is not waited for, and what goes is made again', async () => {
  await lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network LIMIT 1`)
  await lab.user.run(`INSERT INTO server (user_data) VALUES ('x')`)
  await ann.call('iasql_apply')
  await lab.settle()
  const before = { tables: await lab.tables(), things: await lab.things() }
  await ann.call('iasql_begin')
  await ann.write(
    `INSERT INTO gateway (segment_id) SELECT id FROM segment`,
    `DELETE FROM server`,
    `INSERT INTO guard (network_id) SELECT id FROM network LIMIT 1`,
    `INSERT INTO rule (guard_id, direction, port) SELECT id, 'in', 80 FROM guard`,
    `DELETE FROM network n WHERE NOT EXISTS (SELECT FROM segment s WHERE s.network_id = n.id)`,
  )
  lab.refuse((operation) => operation === 'DeleteNetwork')

  const error = await ann.refusal('iasql_commit')

  await lab.settle()
  expect({ tables: await lab.tables(), things: await lab.things() }).toEqual(before)
  expect(await lab.plan()).toEqual([])
  expect(error.message).toContain('DeleteNetwork')
})
