/** Rows that a transaction takes away, edits or forgets while somebody else is about to bind, drop or remember them. */
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { Queryable } from '#postgres/database.ts'
import { type BoundRow, bindRow } from '#postgres/statements/resource-bind.ts'
import { deleteRows, lockFreeRows } from '#postgres/statements/resource-free.ts'
import { bindRows } from '#postgres/statements/resource-observe.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
const cloud = gatedCloud()

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: cloud.wrap })
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const count = async (sql: string): Promise<number> =>
  (await lab.user.query<{ n: number }>(`SELECT count(*) AS n FROM ${sql}`))[0]?.n ?? 0
const idOf = async (name: string): Promise<number> =>
  (await lab.user.query<{ id: number }>(`SELECT id FROM queue WHERE name = '${name}'`))[0]?.id ?? 0
const place = { accountId: '123456789012', region: 'us-east-1' }
const bound = (rowId: number, name: string): BoundRow => ({
  table: 'queue',
  rowId,
  place,
  cloudId: { url: name },
  naturalName: name,
  companionOf: null,
  base: {},
  observed: {},
  unprojected: null,
})

test('what is adopted while a transaction deletes the row that asks for it is not deleted by the next apply', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: 'asked-for' }))
  await lab.user.run(`INSERT INTO queue (name) VALUES ('asked-for')`)
  let refused: unknown

  await lab.user.transaction(async (transaction: Queryable) => {
    await transaction.run(`DELETE FROM queue WHERE name = 'asked-for'`)
    refused = await lab.call('iasql_adopt', ['queue', 'asked-for', null, null]).catch((error) => error)
  })

  expect(refused).toBeInstanceOf(IasqlError)
  expect(refused).toMatchObject({
    sqlstate: '55P03',
    message: expect.stringContaining('held by a transaction'),
  })
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a row that has gone is bound by neither an adoption nor a sync', async () => {
  const platform = lab.ports.platform
  const binding = { row_id: 4_711, natural_name: 'x', cloud_id: { url: 'x' }, base: {}, unprojected: null }

  expect(await bindRow(platform, lab.tenant, bound(4_711, 'x'))).toBe(false)
  expect(await bindRows(platform, lab.tenant, { table: 'queue', ...place, bindings: [binding] })).toEqual(
    new Set(),
  )
})

test('a row that a transaction is deleting is not bound by a sync', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('leaving')`)
  const id = await idOf('leaving')
  const binding = { row_id: id, natural_name: 'leaving', cloud_id: { url: 'l' }, base: {}, unprojected: null }
  let taken: ReadonlySet<number> | undefined

  await lab.user.transaction(async (transaction: Queryable) => {
    await transaction.run(`DELETE FROM queue WHERE id = ${id}`)
    taken = await bindRows(lab.ports.platform, lab.tenant, { table: 'queue', ...place, bindings: [binding] })
  })

  expect(taken).toEqual(new Set())
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a row that is edited between being chosen and being locked is not dropped', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: 'edited-late' }))
  await lab.call('iasql_sync')
  const id = await idOf('edited-late')
  const leaving = { table: 'queue', ids: [id], condition: 'true', executionId: null }

  const free = await lab.ports.platform.transaction(async (transaction) => {
    // Committed by the time the rows are locked; a check in the statement that locks them would not see it.
    const late: Queryable = {
      run: (sql, parameters) => transaction.run(sql, parameters),
      query: async (sql, parameters) => {
        const rows = await transaction.query<never>(sql, parameters)
        if (sql.includes('FOR UPDATE OF q')) await editNow(id)
        return rows
      },
    }
    return await lockFreeRows(late, lab.tenant, leaving)
  })

  expect(free).toEqual([])
  expect(await idOf('edited-late')).toBe(id)
})

/** In a commit of its own; by hand, since the row itself is locked by now. */
const editNow = async (id: number): Promise<void> => {
  await lab.ports.platform.run(
    `INSERT INTO ${lab.tenant.schema}.iasql_edit (table_name, row_id, op) VALUES ('queue', ${id}, 'U')`,
  )
}

test('a free row is dropped with its record, and one with an edit stays', async () => {
  for (const name of ['free', 'edited']) await sqs.send(new CreateQueueCommand({ QueueName: name }))
  await lab.call('iasql_sync')
  await lab.user.run(`UPDATE queue SET delay_seconds = 3 WHERE name = 'edited'`)
  const ids = [await idOf('free'), await idOf('edited')]

  const free = await lab.ports.platform.transaction(async (transaction) => {
    const found = await lockFreeRows(transaction, lab.tenant, {
      table: 'queue',
      ids,
      condition: 'true',
      executionId: null,
    })
    await deleteRows(transaction, lab.tenant, 'queue', found)
    return found
  })

  expect(free).toEqual(ids.slice(0, 1))
  expect(await count(`queue WHERE name = 'free'`)).toBe(0)
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['update queue'])
  await lab.call('iasql_sync')
})

test('what is forgotten while a sync reads the cloud stays forgotten', async () => {
  for (const QueueName of ['gone', 'kept-out']) await sqs.send(new CreateQueueCommand({ QueueName }))
  await lab.call('iasql_sync')
  const [gone] = await lab.user.query<{ url: string }>(`SELECT url FROM queue WHERE name = 'gone'`)
  await sqs.send(new DeleteQueueCommand({ QueueUrl: gone?.url }))
  // The read by which the sync makes sure that one is gone: it has loaded all rows by then.
  const held = cloud.hold('request', ({ text }) => text.includes('/gone"'))
  const sync = lab.call('iasql_sync')
  await held.arrived()
  await lab.call('iasql_forget', ['queue', await idOf('kept-out')])

  held.release()
  await sync

  expect(await count('iasql_forgotten')).toBe(1)
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await count(`queue WHERE name = 'kept-out'`)).toBe(0)
})
