/** Of a replacement whose new one is made but not finished, the row goes on saying what users said. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommitLab, openCommitLab } from '#test/support/commit-lab.ts'
import type { LabSession } from '#test/support/session.ts'

let lab: CommitLab
let ann: LabSession

beforeAll(async () => {
  lab = await openCommitLab()
  ann = await lab.session('ann')
})
afterAll(() => lab?.close())

test.each(['iasql_sync', 'iasql_apply'] as const)(
  'what could not be sent is sent after an %s',
  async (look) => {
    await lab.user.run('DELETE FROM server')
    await ann.call('iasql_apply')
    await lab.user.run(`INSERT INTO server (user_data, config) VALUES ('x', '{"a": 0}')`)
    await ann.call('iasql_apply')
    await lab.settle()
    await lab.user.run(`UPDATE server SET user_data = 'y'`)
    lab.refuse((operation) => operation === 'ModifyServer')
    await ann.refusal('iasql_apply')
    lab.refuse(() => false)
    await lab.settle()

    await ann.call(look)

    expect(await lab.user.query('SELECT config FROM server')).toEqual([{ config: { a: 0 } }])
    await ann.call('iasql_apply')
    await lab.settle()
    expect(lab.cloud.world.all('server').map(({ attributes }) => attributes.config)).toEqual([{ a: 0 }])
    expect(await lab.plan()).toEqual([])
  },
)
