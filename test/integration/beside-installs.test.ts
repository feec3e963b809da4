/** Installing and uninstalling beside applies, syncs and open transactions. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IasqlError } from '#engine/model/error.ts'
import { stepExecution } from '#operations/execution/step-execution.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { until } from '#test/support/host.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
const cloud = gatedCloud()

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: cloud.wrap, log: () => undefined })
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const holdCall = (operation: string, name: string) =>
  cloud.hold('request', (call) => call.operation === operation && call.text.includes(name))

const installed = async (): Promise<readonly string[]> =>
  (await lab.user.query<{ name: string }>('SELECT name FROM iasql_module ORDER BY name')).map(
    ({ name }) => name,
  )

test('a module is installed while an apply is at work, and neither minds', async () => {
  const held = holdCall('CreateQueue', 'meanwhile')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('meanwhile')`)
  const apply = lab.call('iasql_apply')
  await held.arrived()

  const tables = await lab.call('iasql_install', [['aws_vpc']])
  held.release()

  expect(tables.map(({ created_table_name: name }) => name)).toContain('vpc')
  expect((await apply).map(lineOf)).toEqual(['create queue'])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('a module is not uninstalled while an apply works on its rows: the error says who does', async () => {
  const held = holdCall('CreateQueue', 'at-work')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('at-work')`)
  const apply = lab.call('iasql_apply')
  await held.arrived()

  const refusal = await lab.call('iasql_uninstall', [['aws_sqs']]).catch((error: IasqlError) => error)
  held.release()
  const [row] = await apply

  expect(refusal).toMatchObject({
    code: 'module/in-use',
    message: `execution ${row?.execution_id} of ann is working on 1 of its rows`,
  })
  expect(await installed()).toContain('aws_sqs')
  expect(row).toMatchObject({ action: 'create', table_name: 'queue' })
})

test('a module whose rows an apply is done with may go, and the apply goes on with the rest', async () => {
  await lab.call('iasql_install', [['aws_vpc']])
  const held = holdCall('CreateVpc', '10.33.')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('done-with'); `)
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.33.0.0/16')`)
  const executionId = await lab.begin('iasql_apply')
  const input = { tenantId: lab.tenant.id, executionId }
  const first = stepExecution({ ...lab.ports }, input)
  await held.arrived()
  await until(async () => {
    const done = `SELECT 1 AS one FROM iasql_change WHERE execution_id = ${executionId} AND state = 'done'`
    return (await lab.user.query(done)).length === 1
  })
  await lab.ports.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_execution_record SET lease_until = now() - interval '1 second', fence = fence + 1
     WHERE execution_id = ${executionId}`,
  )
  await lab.call('iasql_uninstall', [['aws_sqs']])
  held.release()
  await first

  await lab.drive(executionId)

  const [execution] = await lab.user.query(
    `SELECT state, error->>'message' AS message FROM iasql_execution WHERE execution_id = ${executionId}`,
  )
  expect(execution).toEqual({ state: 'succeeded', message: null })
  await lab.call('iasql_install', [['aws_sqs']])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('an apply that has planned keeps its tables until it has claimed their rows', async () => {
  const held = holdCall('GetQueueUrl', 'planned-first')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('planned-first')`)
  const apply = lab.call('iasql_apply')
  await held.arrived()
  const uninstall = await lab.begin('iasql_uninstall', [['aws_sqs']])
  const refused = lab.drive(uninstall)
  await until(async () => {
    const running = `SELECT 1 AS one FROM iasql_execution WHERE execution_id = ${uninstall} AND state = 'running'`
    return (await lab.user.query(running)).length === 1
  })

  held.release()

  expect((await apply).map(lineOf)).toEqual(['create queue'])
  await refused
  // Whether the uninstall comes before the end of the apply or after it, it never comes into it.
  const [{ state }] = (await lab.user.query(
    `SELECT state FROM iasql_execution WHERE execution_id = ${uninstall}`,
  )) as [{ state: string }]
  expect((await installed()).includes('aws_sqs')).toBe(state === 'failed')
  await lab.call('iasql_install', [['aws_sqs']])
})

test('an install waits for a transaction that holds its tables without making others wait', async () => {
  await lab.call('iasql_uninstall', [['aws_vpc']])
  const lock = `LOCK TABLE ${lab.tenant.schema}.aws_regions IN ROW EXCLUSIVE MODE`
  const executionId = await lab.begin('iasql_install', [['aws_vpc']])
  const step = () => stepExecution(lab.ports, { tenantId: lab.tenant.id, executionId })

  const meanwhile = await lab.ports.platform.transaction(async (transaction) => {
    await transaction.run(lock)
    return await step()
  })
  const events = await lab.user.query<{ message: string }>(
    `SELECT body->>'message' AS message FROM iasql_event WHERE execution_id = ${executionId} AND kind = 'progress'`,
  )
  await lab.drive(executionId)

  expect(meanwhile).toMatchObject({ next: 'wait' })
  expect(events.map(({ message }) => message)).toContain(
    'waiting for a transaction that holds a table it needs',
  )
  expect(await installed()).toContain('aws_vpc')
})

test('an uninstall waits for a transaction that reads its tables without making others wait', async () => {
  const executionId = await lab.begin('iasql_uninstall', [['aws_vpc']])
  const step = () => stepExecution(lab.ports, { tenantId: lab.tenant.id, executionId })

  const meanwhile = await lab.user.transaction(async (transaction) => {
    await transaction.query('SELECT id FROM vpc')
    return await step()
  })
  await lab.drive(executionId)

  expect(meanwhile).toMatchObject({ next: 'wait' })
  expect(await installed()).not.toContain('aws_vpc')
})

test('a sync whose tables are uninstalled meanwhile goes on with those that are left', async () => {
  let isTaken = false
  const held = cloud.hold('answer', ({ operation }) => {
    if (isTaken || operation !== 'ListQueues') return false
    isTaken = true
    return true
  })
  const sync = lab.call('iasql_sync')
  await held.arrived()
  await lab.call('iasql_uninstall', [['aws_sqs']])

  held.release()

  expect(await sync).toEqual([])
  expect(await installed()).not.toContain('aws_sqs')
})

test('two installs of the same module at once make it once', async () => {
  const results = await Promise.all([
    lab.call('iasql_install', [['aws_sqs']]),
    lab.call('iasql_install', [['aws_sqs']]),
  ])

  expect(results.map((rows) => rows.length).sort()).toEqual([0, 1])
  expect(await installed()).toContain('aws_sqs')
})

test('an install that waits for a table ends when it is cancelled', async () => {
  const lock = `LOCK TABLE ${lab.tenant.schema}.aws_regions IN ROW EXCLUSIVE MODE`
  const executionId = await lab.begin('iasql_install', [['aws_vpc']])
  const step = () => stepExecution(lab.ports, { tenantId: lab.tenant.id, executionId })

  const steps = await lab.ports.platform.transaction(async (transaction) => {
    await transaction.run(lock)
    const waiting = await step()
    await lab.call('iasql_cancel', [Number(executionId)])
    return [waiting, await step()]
  })

  expect(steps).toMatchObject([{ next: 'wait' }, { next: 'done' }])
  expect(await installed()).not.toContain('aws_vpc')
  const end = `SELECT state FROM iasql_execution WHERE execution_id = ${executionId}`
  expect(await lab.user.query(end)).toEqual([{ state: 'cancelled' }])
})
