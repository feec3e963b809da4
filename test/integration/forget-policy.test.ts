/** A drift policy that an open transaction holds is in the way of no forgetting, nor of anybody who plans meanwhile. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

test('a row is forgotten beside a transaction that holds its policy, which goes the next time', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('observed')`)
  await lab.call('iasql_apply')
  const [queue] = await lab.user.query<{ id: number }>('SELECT id FROM queue')
  const id = queue?.id ?? 0
  await lab.user.run(`INSERT INTO iasql_drift_policy VALUES ('queue', ${id}, NULL, 'observe')`)

  await lab.user.transaction(async (transaction) => {
    await transaction.query(
      `UPDATE iasql_drift_policy SET policy = 'track' WHERE row_id = ${id} RETURNING policy`,
    )
    await lab.call('iasql_forget', ['queue', id])
    await lab.user.run(`INSERT INTO queue (name) VALUES ('next')`)
    expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'create' }])
  })

  expect(await lab.user.query(`SELECT name FROM queue`)).toEqual([{ name: 'next' }])
  await lab.call('iasql_sync')
  expect(await lab.user.query(`SELECT row_id FROM iasql_drift_policy WHERE row_id = ${id}`)).toEqual([])
})
