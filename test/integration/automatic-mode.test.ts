/** Automatic mode: edits are applied by themselves, but not under somebody's hands, and nothing goes that nobody was shown. */
import { ListQueuesCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SdkCommandClass } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { type DriftLab, openDriftLab } from '#test/support/drift-lab.ts'

/** Queues of this name cannot be made. */
const refused = 'stubborn'
const refusing = (cloud: Cloud): Cloud => ({
  ...cloud,
  api(...given) {
    const api = cloud.api(...given)
    const send = async <Input extends object, Output extends object>(
      command: SdkCommandClass<Input, Output>,
      input: Input,
    ): Promise<Output> => {
      const isRefused = command.name === 'CreateQueueCommand' && JSON.stringify(input).includes(refused)
      if (isRefused) throw new IasqlError('cloud/denied', 'CreateQueue: not authorized')
      return await api.send(command, input)
    }
    return { ...api, send }
  },
})

let drift: DriftLab

beforeAll(async () => {
  drift = await openDriftLab({ wrapCloud: refusing })
  await drift.lab.call('iasql_install', [['aws_sqs']])
  await drift.set('drift_interval', 'off')
})
beforeEach(async () => {
  await drift.set('automatic_mode', 'apply')
  drift.news.length = 0
})
afterAll(async () => {
  await drift.close()
})

const edit = (sql: string): Promise<number> => drift.lab.user.run(sql)
const inCloud = async (): Promise<readonly string[]> => {
  const { QueueUrls = [] } = await drift.sqs.send(new ListQueuesCommand({}))
  return QueueUrls.map((url) => url.split('/').at(-1) ?? '').toSorted()
}
const applies = async (): Promise<number> =>
  (await drift.executions()).filter((told) => told === 'apply iasql').length
const waits = async (): Promise<readonly string[]> => {
  const rows = await drift.lab.user.query<{ message: string }>('SELECT message FROM iasql_get_errors()')
  return rows.map(({ message }) => message).filter((message) => message.startsWith('Automatic mode waits'))
}
const unseenEvents = async (): Promise<readonly object[]> =>
  drift.lab.ports.platform.query(
    `SELECT body->'changes'->0->>'action' AS action, body->'changes'->0->>'row' AS row
     FROM ${drift.lab.tenant.schema}.iasql_topic_event WHERE kind = 'unseen' ORDER BY seq`,
  )

test('off, which it is unless set, edits wait for somebody to apply them', async () => {
  await drift.set('automatic_mode', 'off')
  await edit(`INSERT INTO queue (name) VALUES ('manual')`)
  await drift.tick(10)

  expect(await inCloud()).toEqual([])
  expect(await applies()).toBe(0)
})

test('set to apply, they go with the next tick, and whoever listens is told', async () => {
  await drift.tick(1)

  expect(await inCloud()).toEqual(['manual'])
  expect(await drift.lab.call('iasql_preview')).toEqual([])
  expect(drift.news).toEqual([
    ['apply done', expect.objectContaining({ tenant: 'local', actor: 'iasql', done: 1, failed: 0 })],
  ])
})

test('only when nobody has edited for a while', async () => {
  await drift.set('automatic_delay_seconds', '3600')
  await edit(`INSERT INTO queue (name) VALUES ('slow')`)
  await drift.tick(1)
  const meanwhile = await inCloud()
  await drift.set('automatic_delay_seconds', '30')
  await drift.tick(1)

  expect(meanwhile).toEqual(['manual'])
  expect(await inCloud()).toEqual(['manual', 'slow'])
})

test('what somebody does between iasql_begin and iasql_rollback stays theirs, and all else waits for that', async () => {
  await drift.lab.call('iasql_begin', [], { actor: 'bob' })
  await edit(`INSERT INTO queue (name) VALUES ('beside')`)
  const before = await applies()
  await drift.tick(1)
  const meanwhile = [await applies(), await inCloud()]
  await drift.lab.call('iasql_rollback', [], { actor: 'bob' })
  await drift.tick(1)

  expect(meanwhile).toEqual([before, ['manual', 'slow']])
  expect(await inCloud()).toEqual(['beside', 'manual', 'slow'])
})

test('a transaction of the database that has written rows is waited for', async () => {
  const before = await applies()
  await edit(`INSERT INTO queue (name) VALUES ('committed')`)
  await drift.lab.user.transaction(async (transaction) => {
    await transaction.run(`UPDATE queue SET delay_seconds = 5 WHERE name = 'slow'`)
    await drift.tick(1)
    expect(await applies()).toBe(before)
  })
  await drift.tick(1)

  expect(await applies()).toBe(before + 1)
  expect(await inCloud()).toContain('committed')
})

test('a deletion that nobody was shown waits and says so once, while everything else goes', async () => {
  await edit(`DELETE FROM queue WHERE name = 'slow'`)
  await edit(`INSERT INTO queue (name) VALUES ('harmless')`)
  await drift.tick(1)
  await drift.tick(2)

  expect(await inCloud()).toEqual(['beside', 'committed', 'harmless', 'manual', 'slow'])
  expect(await waits()).toEqual([expect.stringContaining('delete queue slow: nobody has previewed it')])
  expect(await unseenEvents()).toEqual([{ action: 'delete', row: 'slow' }])
})

test('a preview shows what it has waited with, and lets it go after a while', async () => {
  await drift.set('automatic_delay_seconds', '3600')
  expect(await drift.lab.call('iasql_preview')).toMatchObject([
    {
      action: 'delete',
      natural_name: 'slow',
      reason: 'row deleted; automatic mode does it once it was previewed',
    },
  ])
  await drift.tick(1)
  const atOnce = await inCloud()
  await drift.set('automatic_delay_seconds', '30')
  await drift.tick(1)

  expect(atOnce).toContain('slow')
  expect(await inCloud()).toEqual(['beside', 'committed', 'harmless', 'manual'])
})

test('what is skipped in the preview stays', async () => {
  await edit(`DELETE FROM queue WHERE name = 'beside'`)
  const [shown] = await drift.lab.call('iasql_preview')
  await edit(`INSERT INTO iasql_plan_choice VALUES (${shown?.plan_id}, ${shown?.change_id}, true)`)
  await drift.tick(2)

  expect(await inCloud()).toContain('beside')
  await drift.lab.call('iasql_apply')
})

test('a replacement that was edited again after its preview waits for another', async () => {
  await edit(`UPDATE queue SET name = 'renamed' WHERE name = 'harmless'`)
  await drift.lab.call('iasql_preview')
  await edit(`UPDATE queue SET name = 'renamed-again' WHERE name = 'renamed'`)
  await drift.tick(2)
  const meanwhile = await inCloud()
  await drift.lab.call('iasql_preview')
  await drift.tick(1)

  expect(meanwhile).toEqual(['committed', 'harmless', 'manual'])
  expect(await inCloud()).toEqual(['committed', 'manual', 'renamed-again'])
})

test('what fails is told and tried again, less and less often, and at once when it is edited', async () => {
  await edit(`INSERT INTO queue (name) VALUES ('${refused}')`)
  const before = await applies()
  const begunAfter = async (minutes: number): Promise<number> => {
    await drift.tick(minutes)
    return (await applies()) - before
  }

  const begun: number[] = []
  for (const minutes of [1, 0.5, 1, 1, 2]) begun.push(await begunAfter(minutes))
  await edit(`UPDATE queue SET delay_seconds = 5 WHERE name = '${refused}'`)
  begun.push(await begunAfter(1))

  expect(begun).toEqual([1, 1, 2, 2, 3, 4])
  expect(drift.news[0]).toEqual(['apply failed', expect.objectContaining({ failed: 1 })])
})
