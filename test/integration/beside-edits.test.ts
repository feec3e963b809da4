/** Edits of a row by one transaction, while another edits what the row refers to and an apply goes by. */
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Cloud } from '#operations/ports.ts'
import type { Queryable } from '#postgres/database.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
/** Done once, when the queue of this name is read next. */
let beforeRead: { readonly name: string; readonly meanwhile: () => Promise<unknown> } | undefined

const wrapCloud = (cloud: Cloud): Cloud => ({
  ...cloud,
  api(client, place, signal) {
    const api = cloud.api(client, place, signal)
    return {
      ...api,
      async send(command, input) {
        const { name, meanwhile } = beforeRead ?? {}
        if (meanwhile && command.name.startsWith('GetQueue') && JSON.stringify(input).includes(`/${name}"`)) {
          beforeRead = undefined
          await meanwhile()
        }
        return await api.send(command, input)
      },
    }
  },
})

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud })
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_sqs']])
})
afterEach(async () => {
  await lab.user.run('DELETE FROM queue')
  await lab.call('iasql_apply')
})
afterAll(() => lab.close())

/** What `meanwhile` does, others do before the statement is committed. */
const holding = (sql: string, meanwhile: () => Promise<unknown>): Promise<unknown> =>
  lab.user.transaction(async (transaction: Queryable) => {
    await transaction.run(sql)
    await meanwhile()
  })

const refer = `INSERT INTO queue (name, tags)
  SELECT 'holder', jsonb_build_object('d', iasql_ref('queue', id, 'delay_seconds')) FROM queue WHERE name = 'target'`

async function applyBoth(): Promise<void> {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('target')`)
  await lab.user.run(refer)
  await lab.call('iasql_apply')
}

const holders = async () =>
  (await lab.call('iasql_preview')).filter((change) => change.natural_name === 'holder')

test('an edit that is committed after a newer one of its row was applied is applied next', async () => {
  await applyBoth()

  await holding(`UPDATE queue SET visibility_timeout = 55 WHERE name = 'holder'`, async () => {
    await lab.user.run(`UPDATE queue SET delay_seconds = 5 WHERE name = 'target'`)
    await lab.call('iasql_apply')
  })

  expect(await holders()).toMatchObject([{ changed: { visibility_timeout: { to: 55 } } }])
  await lab.call('iasql_apply')
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('an edit that is committed after a newer one of its row was settled without a call is applied next', async () => {
  await applyBoth()

  await holding(`UPDATE queue SET visibility_timeout = 55 WHERE name = 'holder'`, async () => {
    await lab.user.run(`UPDATE queue SET delay_seconds = 5 WHERE name = 'target'`)
    await lab.user.run(`UPDATE queue SET delay_seconds = 0 WHERE name = 'target'`)
    await lab.call('iasql_apply')
  })

  expect(await holders()).toMatchObject([{ changed: { visibility_timeout: { to: 55 } } }])
})

test('a plan is stale once an older edit of one of its rows is committed', async () => {
  await applyBoth()
  let planId: unknown

  await holding(`UPDATE queue SET visibility_timeout = 55 WHERE name = 'holder'`, async () => {
    await lab.user.run(`UPDATE queue SET delay_seconds = 5 WHERE name = 'target'`)
    const plan = await lab.call('iasql_preview')
    planId = plan[0]?.plan_id
    expect(plan.map((change) => change.natural_name)).toContain('holder')
    expect(await lab.user.query(`SELECT stale FROM iasql_plan WHERE plan_id = ${planId}`)).toEqual([
      { stale: false },
    ])
  })

  expect(await lab.user.query(`SELECT stale FROM iasql_plan WHERE plan_id = ${planId}`)).toEqual([
    { stale: true },
  ])
})

test('a value that a sync brings just before an older one is sent is sent by the next apply', async () => {
  await applyBoth()
  const [target] = await lab.user.query<{ url: string }>(`SELECT url FROM queue WHERE name = 'target'`)
  await lab.user.run(`UPDATE queue SET tags = tags || '{"v":"2"}' WHERE name = 'holder'`)
  beforeRead = {
    name: 'holder',
    async meanwhile() {
      await sqs.send(
        new SetQueueAttributesCommand({ QueueUrl: target?.url, Attributes: { DelaySeconds: '7' } }),
      )
      await lab.call('iasql_sync')
    },
  }

  await lab.call('iasql_apply')

  expect(await holders()).toHaveLength(1)
  await lab.call('iasql_apply')
  expect(await lab.call('iasql_preview')).toEqual([])
})

/** Until the statement waits for another, or has ended. */
async function untilItWaits(statement: Promise<unknown>): Promise<void> {
  let hasEnded = false
  void statement.then(() => {
    hasEnded = true
  })
  while (!hasEnded) {
    const waiting = await lab.ports.platform.query(
      `SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
       WHERE NOT l.granted AND a.datname = current_database() LIMIT 1`,
    )
    if (waiting.length > 0) return
  }
}

const outcomeOf = (statement: Promise<unknown>): Promise<string> =>
  statement.then(
    () => 'done',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )

test('a row that an open transaction has come to refer to is not deleted beside it', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('target')`)
  let deleting: Promise<string> | undefined

  await holding(refer, async () => {
    deleting = outcomeOf(lab.user.run(`DELETE FROM queue WHERE name = 'target'`))
    await untilItWaits(deleting)
  })

  expect(await deleting).toContain('is still referred to by tags of queue')
})

test('what an open transaction deletes is not referred to beside it', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('target')`)
  let referring: Promise<string> | undefined

  await holding(`DELETE FROM queue WHERE name = 'target'`, async () => {
    referring = outcomeOf(lab.user.run(refer))
    await untilItWaits(referring)
  })

  expect(await referring).toMatch(/has no row/)
  expect(await lab.user.query('SELECT FROM queue')).toEqual([])
})
