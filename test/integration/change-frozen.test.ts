/** What is written into a row while its change is under way belongs to the next apply, whatever it writes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Row } from '#engine/model/json.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { openSimulatedLab, type SimulatedLab } from '#test/support/simulated/lab.ts'

let lab: SimulatedLab

beforeAll(async () => {
  lab = await openSimulatedLab({ log: () => undefined })
  await lab.openWorker().call('iasql_install', [['sim']])
})
afterAll(() => lab.close())

const there = () => lab.cloud.world.all('server').map(({ attributes }) => attributes)

test('a create sends what was planned, and not a column that was filled since', async () => {
  const worker = lab.openWorker()
  await lab.user.run(`INSERT INTO server (size) VALUES ('small')`)
  await lab.user.run(`INSERT INTO server (peer_id, size) SELECT id, 'large' FROM server`)
  void worker.call('iasql_apply').catch(() => undefined)
  while (there().length === 0) await lab.clock.sleep(100)
  await worker.kill()
  await lab.user.run(
    `UPDATE server SET config = '{"late": true}', tags = '{"Name": "late"}' WHERE size = 'large'`,
  )

  const other = lab.openWorker()
  await recoverExecutions(other.ports, { sole: true })
  const open = `SELECT 1 AS one FROM iasql_execution WHERE ended_at IS NULL`
  while ((await lab.user.query<Row>(open)).length > 0) await lab.clock.sleep(5_000)

  const made = lab.cloud.world.all('server').find(({ attributes }) => attributes.size === 'large')
  expect(made?.attributes.config).toBeNull()
  const left = await other.call('iasql_preview')
  expect(left).toMatchObject([{ action: 'update', table_name: 'server' }])
  expect(Object.keys(left[0]?.changed as object).sort()).toEqual(['config', 'tags'])
  await other.call('iasql_apply')
  expect(there().find(({ size }) => size === 'large')).toMatchObject({ config: { late: true } })
  expect(await other.call('iasql_preview')).toEqual([])
})
