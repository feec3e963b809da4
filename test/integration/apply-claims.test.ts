/** Several applies at once, budgets that end early, cancelling, and work that nobody waits for. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cancelExecution } from '#operations/execution/cancel-execution.ts'
import type { Ports } from '#operations/ports.ts'
import { hearingCancel } from '#test/support/hearing-cancel.ts'
import { until } from '#test/support/host.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
/** Held, the cloud answers no create until it is released. */
let gate: Promise<void> = Promise.resolve()

beforeAll(async () => {
  lab = await openTenantLab({
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (...given) => {
        const api = cloud.api(...given)
        return {
          ...api,
          send: async (command, input) => {
            if (command.name === 'CreateQueueCommand') await gate
            return await api.send(command, input)
          },
        }
      },
    }),
  })
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const closeGate = (): (() => void) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  gate = promise
  return resolve
}

test('lets a second apply do what is free, then waits for the rows of the first', async () => {
  const open = closeGate()
  await lab.user.run(`INSERT INTO queue (name) VALUES ('slow')`)
  const first = await lab.begin('iasql_apply')
  const firstDone = lab.drive(first)
  await untilClaimed()
  await lab.user.run(`UPDATE queue SET visibility_timeout = 33 WHERE name = 'slow'`)
  const second = lab.call('iasql_apply')
  await until(isWaiting)
  open()
  await firstDone

  expect(await second).toMatchObject([{ action: 'update', table_name: 'queue' }])
  const rows = await lab.user.query(`SELECT visibility_timeout FROM queue WHERE name = 'slow'`)
  expect(rows).toEqual([{ visibility_timeout: 33 }])
})

test('leaves claimed rows out on request', async () => {
  const open = closeGate()
  await lab.user.run(`INSERT INTO queue (name) VALUES ('held')`)
  const first = lab.drive(await lab.begin('iasql_apply'))
  await untilClaimed()

  const skipped = await lab.call('iasql_apply', [null, false, true, 'skip'])

  expect(skipped).toEqual([])
  open()
  await first
})

test('answers at once when nobody wants to wait, and goes on by itself', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('later')`)
  lab.started.length = 0

  const planned = await lab.call('iasql_apply', [null, false, false, 'wait'])

  expect(planned).toMatchObject([{ action: 'create', table_name: 'queue', elapsed_ms: null }])
  expect(lab.started).toEqual([String(planned[0]?.execution_id)])
  await lab.drive(String(planned[0]?.execution_id))
  const executions = await lab.user.query(
    'SELECT kind, state, done, failed, total FROM iasql_execution ORDER BY execution_id DESC LIMIT 1',
  )
  expect(executions).toEqual([{ kind: 'apply', state: 'succeeded', done: 1, failed: 0, total: 1 }])
})

test('finishes in many short invocations what does not fit into one', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `('budget-${index}')`)
  await lab.user.run(`INSERT INTO queue (name) VALUES ${names.join(', ')}`)
  const hasty: Ports = { ...lab.ports, defaults: { ...lab.ports.defaults, budgetMs: 250 } }
  const executionId = await lab.begin('iasql_apply')

  await lab.drive(executionId, hasty)

  const [{ made }] = (await lab.user.query(
    `SELECT count(*) AS made FROM queue WHERE name LIKE 'budget-%' AND url IS NOT NULL`,
  )) as [{ made: number }]
  expect(made).toBe(60)
  const [{ fence }] = (await lab.ports.platform.query(
    `SELECT fence FROM ${lab.tenant.schema}.iasql_execution_record WHERE execution_id = ${executionId}`,
  )) as [{ fence: number }]
  expect(fence).toBeGreaterThan(1)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('stops on request, keeps what is done and shows the rest in the next plan', async () => {
  const open = closeGate()
  const names = Array.from({ length: 80 }, (_, index) => `('cancelled-${index}')`)
  await lab.user.run(`INSERT INTO queue (name) VALUES ${names.join(', ')}`)
  const executionId = await lab.begin('iasql_apply')
  const { ports, heard } = hearingCancel(lab.ports)
  const driving = lab.drive(executionId, ports)
  await untilClaimed()
  expect(await cancelExecution(lab.ports, lab.tenant, executionId)).toBe('running')
  await heard
  open()
  await driving

  const ended = await lab.user.query(
    `SELECT state, error->>'code' AS code FROM iasql_execution WHERE execution_id = ${executionId}`,
  )
  expect(ended).toEqual([{ state: 'cancelled', code: 'apply/cancelled' }])
  const left = await lab.call('iasql_preview')
  expect(left.length).toBeGreaterThan(0)
  expect(left.length).toBeLessThan(80)
  expect(await lab.call('iasql_apply')).toHaveLength(left.length)
})

async function isWaiting(): Promise<boolean> {
  return (await lab.user.query(`SELECT 1 AS one FROM iasql_execution WHERE state = 'waiting'`)).length > 0
}

async function untilClaimed(): Promise<number> {
  for (;;) {
    const rows = await lab.user.query<{ execution_id: number }>(
      `SELECT execution_id FROM iasql_change WHERE state = 'started' AND execution_id IS NOT NULL`,
    )
    if (rows[0]) return rows[0].execution_id
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
