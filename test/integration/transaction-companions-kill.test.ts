/** A server that dies while a commit makes a guard anew: that lets out again in the end only where it did before. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { commitAndDie } from '#test/support/commit-and-die.ts'
import { type CommitLab, openCommitLab } from '#test/support/commit-lab.ts'
import type { LabSession } from '#test/support/session.ts'

let lab: CommitLab
let ann: LabSession

beforeAll(async () => {
  lab = await openCommitLab({ modules: ['shapes'] })
  ann = await lab.session('ann')
})
afterAll(async () => {
  await lab?.close()
})
beforeEach(async () => {
  lab.refuse(() => false)
  for (const table of ['guard', 'topic', 'network']) await lab.user.run(`DELETE FROM ${table}`)
  await lab.worker().call('iasql_apply')
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16'), ('10.1.0.0/16')`)
  await lab.user.run(
    `INSERT INTO guard (network_id, notes) SELECT id, 'shut' FROM network WHERE cidr = '10.0.0.0/16'`,
  )
  await lab.user.run(`INSERT INTO topic (name) VALUES ('doomed')`)
  await lab.worker().call('iasql_apply')
  await lab.user.run(`DELETE FROM rule WHERE id = (SELECT id FROM rule)`)
  await lab.worker().call('iasql_apply')
  await lab.settle()
})

const edits = [
  `UPDATE guard SET network_id = n.id FROM network n WHERE n.cidr = '10.1.0.0/16'`,
  `DELETE FROM topic`,
]

const networks = () =>
  lab.user.query<{ cidr: string }>('SELECT n.cidr FROM guard g JOIN network n ON n.id = g.network_id')
const deaths = [50, 65, 80, 95, 110, 130]

test.each(deaths)('when it is done (%i requests)', async (requests) => {
  const state = await commitAndDie(lab, ann, { edits, requests })

  expect(await networks()).toEqual([{ cidr: state === 'committed' ? '10.1.0.0/16' : '10.0.0.0/16' }])
  expect(lab.cloud.world.all('rule')).toEqual([])
  expect(await lab.plan()).toEqual([])
})

test.each([...deaths, 160, 190])('when it is taken back (%i requests)', async (requests) => {
  lab.refuse((operation) => operation === 'DeleteTopic')

  const state = await commitAndDie(lab, ann, { edits, requests })

  expect(['open', 'failed']).toContain(state)
  expect(await networks()).toEqual([{ cidr: '10.0.0.0/16' }])
  expect(lab.cloud.world.all('guard')).toHaveLength(1)
  expect(lab.cloud.world.all('rule')).toEqual([])
  expect(await lab.plan()).toEqual([])
})
