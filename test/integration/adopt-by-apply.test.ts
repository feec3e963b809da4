/** A row under a name that the cloud has already takes that over, but only after somebody was shown that it would. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Json, Row } from '#engine/model/json.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
let afterLook: (() => Promise<void>) | undefined

beforeAll(async () => {
  lab = await openTenantLab({
    log: () => undefined,
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (...given) => {
        const api = cloud.api(...given)
        return {
          ...api,
          async send(command, input) {
            const look = command.name === 'GetQueueUrlCommand' ? afterLook : undefined
            if (look) afterLook = undefined
            try {
              return await api.send(command, input)
            } finally {
              await look?.()
            }
          },
        }
      },
    }),
  })
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

const there = async (QueueName: string): Promise<void> => {
  await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: '77' } }))
}
const insert = (name: string) =>
  lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('${name}', 50)`)
const timeoutOf = async (QueueName: string): Promise<string | undefined> => {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] }),
  )
  return Attributes?.VisibilityTimeout
}
const applyPlan = (plan: Json | undefined) => lab.call('iasql_apply', [plan ?? null, false, true, 'wait'])
const planOf = (rows: readonly Row[]): Json | undefined => rows[0]?.plan_id
const discard = async (name: string): Promise<void> => {
  await lab.user.run(`DELETE FROM queue WHERE name = '${name}'`)
  await lab.call('iasql_apply')
  expect(await lab.call('iasql_preview')).toEqual([])
}

test('by the number of the plan that showed it', async () => {
  await there('one')
  await insert('one')
  const shown = await lab.call('iasql_preview')

  expect(shown).toMatchObject([
    { action: 'adopt', risk: 'takes over', changed: { visibility_timeout: { from: 77, to: 50 } } },
  ])
  expect(await applyPlan(planOf(shown))).toMatchObject([{ action: 'adopt' }])

  expect(await timeoutOf('one')).toBe('50')
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('not when it was left out of that plan', async () => {
  await there('two')
  await insert('two')
  await insert('two-new')
  const shown = await lab.call('iasql_preview')
  const adoption = shown.find(({ action }) => action === 'adopt')
  await lab.user.run(
    `INSERT INTO iasql_plan_choice (plan_id, change_id, skip) VALUES (${Number(adoption?.plan_id)}, ${Number(adoption?.change_id)}, true)`,
  )

  const done = await applyPlan(adoption?.plan_id)

  expect(done.map(({ action }) => action)).toEqual(['create'])
  expect(await timeoutOf('two')).toBe('77')
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'adopt', natural_name: 'two' }])
  await discard('two')
})

test('not when nobody waits for it either, unless it was shown', async () => {
  await there('three')
  await insert('three')

  await lab.call('iasql_apply', [null, false, false, 'wait'])
  await lab.drive(lab.started.at(-1) ?? '')
  expect(await timeoutOf('three')).toBe('77')
  expect(
    await lab.user.query(
      `SELECT state FROM iasql_change WHERE natural_name = 'three' AND execution_id IS NOT NULL`,
    ),
  ).toEqual([{ state: 'needs_decision' }])
  await lab.call('iasql_preview')
  await lab.call('iasql_apply', [null, false, false, 'wait'])
  await lab.drive(lab.started.at(-1) ?? '')

  expect(await timeoutOf('three')).toBe('50')
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a plan that showed a creation is stale once the name is taken', async () => {
  await insert('four')
  const shown = await lab.call('iasql_preview')
  expect(shown).toMatchObject([{ action: 'create' }])
  await there('four')

  await expect(applyPlan(planOf(shown))).rejects.toMatchObject({ sqlstate: 'IQ003' })
  await expect(lab.call('iasql_apply')).rejects.toMatchObject({
    sqlstate: 'IQ007',
    message: expect.stringContaining('named four'),
    hint: expect.stringContaining('iasql_preview()'),
  })

  expect(await timeoutOf('four')).toBe('77')
  await discard('four')
})

test('not when the name is taken while the apply waits for its turn', async () => {
  await insert('late')
  const executionId = await lab.begin('iasql_apply')
  lab.calls.length = 0
  await lab.ports.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_execution_record SET started_at = now() - interval '1 minute' WHERE ended_at IS NULL`,
  )
  // The plan looks for the name and finds it free.
  afterLook = async () => {
    await sqs.send(new CreateQueueCommand({ QueueName: 'late', Attributes: { VisibilityTimeout: '50' } }))
  }

  await lab.drive(executionId)

  expect(
    await lab.user.query(
      `SELECT state FROM iasql_change WHERE natural_name = 'late' AND execution_id IS NOT NULL`,
    ),
  ).toEqual([{ state: 'needs_decision' }])
  expect(lab.calls.some(({ operation }) => operation === 'CreateQueue')).toBe(false)
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'adopt', natural_name: 'late' }])
  await discard('late')
})

test('what the row does not say beyond its defaults is left as the cloud has it, and read from there', async () => {
  await sqs.send(
    new CreateQueueCommand({
      QueueName: 'said',
      Attributes: { VisibilityTimeout: '77', DelaySeconds: '20' },
    }),
  )
  await lab.user.run(`INSERT INTO queue (name, delay_seconds) VALUES ('said', 25)`)

  const shown = await lab.call('iasql_preview')
  lab.calls.length = 0
  await applyPlan(planOf(shown))

  expect(shown).toMatchObject([{ action: 'adopt', changed: { delay_seconds: { from: 20, to: 25 } } }])
  expect(Object.keys(shown[0]?.changed ?? {})).toEqual(['delay_seconds'])
  expect(lab.calls.filter(({ operation }) => operation === 'SetQueueAttributes')).toHaveLength(1)
  expect(await timeoutOf('said')).toBe('77')
  const told = `SELECT visibility_timeout, delay_seconds FROM queue WHERE name = 'said'`
  expect(await lab.user.query(told)).toEqual([{ visibility_timeout: 77, delay_seconds: 25 }])
  expect(await lab.call('iasql_preview')).toEqual([])
  const synced = await lab.call('iasql_sync')
  expect(synced.filter(({ description }) => description === 'queue said')).toEqual([])
  await lab.user.run(`UPDATE queue SET visibility_timeout = 30 WHERE name = 'said'`)
  await lab.call('iasql_apply')
  expect(await timeoutOf('said')).toBe('30')
  await discard('said')
})

test('an edit after the preview has to be shown again', async () => {
  await there('five')
  await insert('five')
  await lab.call('iasql_preview')
  await lab.user.run(`UPDATE queue SET visibility_timeout = 51 WHERE name = 'five'`)

  await expect(lab.call('iasql_apply')).rejects.toMatchObject({ sqlstate: 'IQ007' })

  expect(await timeoutOf('five')).toBe('77')
  await discard('five')
})

test('a sync says what the row stands for, and leaves both as they are', async () => {
  await there('six')
  await insert('six')

  const executionId = await lab.begin('iasql_sync')
  await lab.drive(executionId)

  const notices = await lab.user.query<{ message: string }>(
    `SELECT body->>'message' AS message FROM iasql_event WHERE execution_id = ${executionId} AND kind = 'notice'`,
  )
  expect(notices).toEqual([{ message: expect.stringContaining('the next apply shows it as an adoption') }])
  expect(await lab.user.query(`SELECT visibility_timeout, url FROM queue WHERE name = 'six'`)).toEqual([
    { visibility_timeout: 50, url: null },
  ])
  expect(await timeoutOf('six')).toBe('77')
  await discard('six')
})

test('a row deleted and inserted again under its name is no adoption of one’s own', async () => {
  await insert('seven')
  await lab.call('iasql_apply')
  await lab.user.run(`DELETE FROM queue WHERE name = 'seven'`)
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('seven', 60)`)

  const shown = await lab.call('iasql_preview')
  expect(shown.map(({ action }) => action).sort()).toEqual(['create', 'delete'])
  await lab.call('iasql_apply')

  expect(await timeoutOf('seven')).toBe('60')
  expect(await lab.call('iasql_preview')).toEqual([])
  const synced = await lab.call('iasql_sync')
  expect(synced.filter(({ description }) => description === 'queue seven')).toEqual([])
})
