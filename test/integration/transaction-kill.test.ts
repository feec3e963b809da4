/** A server that dies in the middle of a commit: whoever takes it up brings it to its end, or takes all of it back. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { commitAndDie } from '#test/support/commit-and-die.ts'
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

const edits = [
  `UPDATE network SET notes = 'other'`,
  `INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network`,
  `INSERT INTO gateway (segment_id) SELECT id FROM segment`,
  `UPDATE topic SET retention = 120 WHERE name = 'kept'`,
  `INSERT INTO topic (name) VALUES ('new')`,
  `DELETE FROM topic WHERE name = 'doomed'`,
]

const deaths = [12, 40, 60, 75, 90, 105, 120, 140, 170]

test.each(deaths)(
  'a commit that can be done is done, whatever the moment (%i requests)',
  async (requests) => {
    const state = await commitAndDie(lab, ann, { edits, requests })

    expect(await lab.plan()).toEqual([])
    const names = lab.cloud.world.all('topic').map(({ attributes }) => attributes.name)
    expect(names.sort()).toEqual(state === 'open' ? ['doomed', 'kept'] : ['kept', 'new'])
    expect(['open', 'committed']).toContain(state)
  },
)

test.each([...deaths, 200, 230, 260])(
  'one that cannot is taken back, whatever the moment (%i requests)',
  async (requests) => {
    const before = await standing()
    lab.refuse((operation) => operation === 'CreateGateway')

    const state = await commitAndDie(lab, ann, { edits, requests })

    expect(await standing()).toEqual(before)
    expect(['open', 'failed']).toContain(state)
  },
)
