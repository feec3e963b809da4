/** What users had taken away of what AWS makes along with a resource stays away, also when it is found out only later what a call has made. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { pagesBy } from '#aws/pages.ts'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'

let lab: SimulatedLab
let worker: Worker
let isLost = false
/** From then on reads may fail. */
let isMade = false
let isUnreadable = false

beforeAll(async () => {
  lab = await openSimulatedLab({
    wrapCloud: (cloud) => ({
      ...cloud,
      settleMs: (published) => cloud.settleMs(published),
      api: (...given) => {
        const api = cloud.api(...given)
        const send: CloudApi['send'] = async (command, input) => {
          const isRead = /^(List|Describe)/.test(command.name)
          if (isRead && isMade && (isUnreadable || isLost))
            throw new IasqlError('cloud/denied', `${command.name}: not now`)
          const output = await api.send(command, input)
          isMade ||= /^CreateGuard/.test(command.name)
          if (isLost && /^CreateGuard/.test(command.name))
            throw new IasqlError('cloud/unknown-outcome', `${command.name}: timeout`)
          return output
        }
        return { ...api, send, pages: pagesBy(send) }
      },
    }),
  })
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim', 'shapes']])
})
afterAll(() => lab?.close())
beforeEach(async () => {
  isLost = false
  isUnreadable = false
  await lab.user.run('DELETE FROM guard')
  await lab.user.run('DELETE FROM network')
  await worker.call('iasql_apply')
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16'), ('10.1.0.0/16')`)
  await lab.user.run(
    `INSERT INTO guard (network_id, notes) SELECT id, cidr::text FROM network WHERE cidr = '10.0.0.0/16'`,
  )
  await worker.call('iasql_apply')
})

const shut = async () => {
  await lab.user.run('DELETE FROM rule WHERE id = (SELECT id FROM rule)')
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
}
const moving = `UPDATE guard SET network_id = n.id FROM network n WHERE n.cidr = '10.1.0.0/16'`
const ways = () => lab.cloud.world.all('rule').length
const rows = async () => (await lab.user.query('SELECT id FROM rule')).length

async function applyInVain(): Promise<void> {
  isMade = false
  await worker.call('iasql_apply').catch((error: unknown) => {
    if (!(error instanceof IasqlError)) throw error
  })
  isLost = false
  isUnreadable = false
  await lab.clock.sleep(200_000)
}

async function expectWays(count: number): Promise<void> {
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  await worker.call('iasql_apply')
  expect([ways(), await rows()]).toEqual([count, count])
  expect(lab.cloud.world.all('guard')).toHaveLength(1)
  expect(await worker.call('iasql_preview')).toEqual([])
}

test('of one that was made anew and could not be read', async () => {
  await shut()
  await lab.user.run(moving)
  isUnreadable = true
  await applyInVain()

  await expectWays(0)
})

test('of one that was made anew by a call that nobody answered, and whose row was edited since', async () => {
  await shut()
  await lab.user.run(moving)
  isLost = true
  await applyInVain()
  await lab.user.run(`UPDATE guard SET notes = 'later'`)

  await expectWays(0)
})

test('what nobody has taken away is there again', async () => {
  await lab.user.run(moving)
  isUnreadable = true
  await applyInVain()

  await expectWays(1)
})

test('of a new one it is there', async () => {
  await lab.user.run('DELETE FROM guard')
  await worker.call('iasql_apply')
  await lab.user.run('INSERT INTO guard (network_id) SELECT id FROM network LIMIT 1')
  isUnreadable = true
  await applyInVain()

  await expectWays(1)
})
