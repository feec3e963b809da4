/** Adopting and forgetting beside syncs and applies: one row at most, and nothing comes back or gets lost. */
import { CreateQueueCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
const rounds = [1, 2, 3, 4, 5, 6]

beforeAll(async () => {
  lab = await openTenantLab({ log: () => undefined })
  await lab.call('iasql_install', [['aws_sqs']])
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
})
afterAll(async () => {
  await lab.close()
})

const rowsOf = (name: string) => lab.user.query<{ id: number }>(`SELECT id FROM queue WHERE name = '${name}'`)
/** A refusal is an answer too; anything else is not. */
const answered = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof IasqlError) return error.sqlstate
      throw error
    },
  )

test('what is adopted while a sync imports it has one row', async () => {
  for (const round of rounds) {
    const name = `adopted-${round}`
    await sqs.send(new CreateQueueCommand({ QueueName: name }))

    const [adoption] = await Promise.all([
      answered(lab.call('iasql_adopt', ['queue', name, null, null])),
      lab.call('iasql_sync'),
    ])

    expect(['done', '23505']).toContain(adoption)
    expect(await rowsOf(name)).toHaveLength(1)
  }
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('what is forgotten while a sync reads it does not come back', async () => {
  for (const round of rounds) {
    const name = `forgotten-${round}`
    await sqs.send(new CreateQueueCommand({ QueueName: name }))
    await lab.call('iasql_sync')
    const [row] = await rowsOf(name)

    await Promise.all([lab.call('iasql_forget', ['queue', row?.id ?? 0]), lab.call('iasql_sync')])

    expect(await rowsOf(name)).toEqual([])
  }
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('what is forgotten while an apply deletes it is either gone or kept, and never half of both', async () => {
  for (const round of rounds) {
    const name = `leaving-${round}`
    await sqs.send(new CreateQueueCommand({ QueueName: name }))
    await lab.call('iasql_sync')
    const [row] = await rowsOf(name)
    await lab.user.run(`DELETE FROM queue WHERE name = '${name}'`)

    const [applied, forgotten] = await Promise.all([
      lab.call('iasql_apply'),
      answered(lab.call('iasql_forget', ['queue', row?.id ?? 0])),
    ])

    const isThere = await sqs.send(new GetQueueUrlCommand({ QueueName: name })).then(
      () => true,
      () => false,
    )
    expect({ deleted: applied.length, isThere }).toEqual(
      forgotten === 'done' ? { deleted: 0, isThere: true } : { deleted: 1, isThere: false },
    )
  }
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})
