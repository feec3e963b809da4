/** Who plans and who works is decided by the database: whoever lost the right to changes nothing, and nothing is claimed by halves. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimChanges } from '#operations/apply/claim-changes.ts'
import { storeClaim } from '#operations/apply/store-claim.ts'
import { abandonExecution } from '#operations/execution/create-execution.ts'
import { stepExecution } from '#operations/execution/step-execution.ts'
import { LeaseLost, underLease } from '#operations/plan/under-lease.ts'
import { acquireExecution } from '#postgres/statements/execution-acquire.ts'
import { heartbeatExecution } from '#postgres/statements/execution-heartbeat.ts'
import { releaseExecution } from '#postgres/statements/execution-release.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { until } from '#test/support/host.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
const cloud = gatedCloud()

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: cloud.wrap })
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const forever = () => new AbortController().signal

/** As if its holder had stood still for longer than the lease. */
const expireLease = () =>
  lab.ports.platform.run(`UPDATE iasql_platform.tenant SET lease_until = now() - interval '1 second'`)

const claimOf = (executionId: string) =>
  claimChanges(lab.ports, {
    tenant: lab.tenant,
    executionId: Number(executionId),
    fence: null,
    actor: 'ann',
    arguments: { planId: null, mine: false, isWaiting: true, claimed: 'wait' },
    signal: forever(),
  })

const plansOf = (executionId: string) =>
  lab.user.query<{ changes: number }>(
    `SELECT count(change_id) AS changes
     FROM ${lab.tenant.schema}.iasql_plan p LEFT JOIN ${lab.tenant.schema}.iasql_change c USING (plan_id)
     WHERE c.execution_id = ${executionId} GROUP BY plan_id`,
  )

test('a planner that stood still while another took over claims nothing, and plans again', async () => {
  const held = cloud.hold('request', ({ operation }) => operation === 'GetQueueUrl')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('still-1'), ('still-2')`)
  const [slow, quick] = [await lab.begin('iasql_apply'), await lab.begin('iasql_apply')]
  const slowClaim = claimOf(slow)
  await held.arrived()
  await expireLease()
  const quickClaim = claimOf(quick)
  await held.arrived(3)

  held.release()
  const claims = await Promise.all([slowClaim, quickClaim])

  // Every row once, each claim whole.
  expect(claims.map(({ changes }) => changes.length).sort()).toEqual([0, 2])
  expect(claims.map(({ heldBack }) => heldBack).sort()).toEqual([0, 2])
  const open = `SELECT 1 AS one FROM iasql_change WHERE state = 'pending' AND execution_id IS NOT NULL`
  expect(await lab.user.query(open)).toHaveLength(2)
  const drives = [slow, quick].map((id) => lab.drive(id))
  await Promise.all(drives)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(cloud.made.filter(({ operation }) => operation === 'CreateQueue')).toHaveLength(2)
})

test('what a lost lease protects is rolled back as a whole', async () => {
  const executionId = await lab.begin('iasql_apply')
  const none = { changes: [], steps: [], dependsOn: {}, leftOut: [] }
  const claim = underLease(lab.ports, lab.tenant, forever(), async (lease) => {
    await expireLease()
    await underLease(lab.ports, lab.tenant, forever(), async () => undefined)
    const claimant = { executionId: Number(executionId), fence: null }
    return await storeClaim(lab.ports, lab.tenant, lease, {
      ...{ claimant, actor: 'ann', mine: false, previewId: null, plan: none, settled: [], held: [] },
      snapshot: '1:1:',
    })
  })

  await expect(claim).rejects.toThrow(LeaseLost)
  expect(await plansOf(executionId)).toEqual([])
  await lab.drive(executionId)
})

test('an execution that was given back stays given back, however late its last heartbeat comes', async () => {
  const executionId = await lab.begin('iasql_apply')
  const lease = { holder: 'a0000000-0000-4000-8000-000000000000', leaseSeconds: 20 }
  const { platform } = lab.ports
  const held = await acquireExecution(platform, lab.tenant, { executionId, ...lease })
  const mine = { executionId: Number(executionId), fence: held?.fence ?? 0 }
  await releaseExecution(platform, lab.tenant, { ...mine, state: 'waiting', memory: {} })

  expect(await heartbeatExecution(platform, lab.tenant, { ...mine, leaseSeconds: 20 })).toBe('lost')
  expect(await acquireExecution(platform, lab.tenant, { executionId, ...lease })).toMatchObject({
    fence: mine.fence + 1,
  })
  await platform.run(`UPDATE ${lab.tenant.schema}.iasql_execution_record SET lease_until = NULL`)
  await lab.drive(executionId)
})

test('two workers that step one execution at once call once for each change', async () => {
  await lab.user.run(`INSERT INTO queue (name) SELECT 'twin-' || n FROM generate_series(1, 10) n`)
  const executionId = await lab.begin('iasql_apply')
  const input = { tenantId: lab.tenant.id, executionId }

  const steps = await Promise.all([
    stepExecution({ ...lab.ports }, input),
    stepExecution({ ...lab.ports }, input),
    stepExecution({ ...lab.ports }, input),
  ])

  expect(steps.map(({ next }) => next).sort()).toEqual(['done', 'wait', 'wait'])
  expect(cloud.made.filter(({ text }) => text.includes('"twin-'))).toSatisfy(
    (calls: readonly { operation: string }[]) =>
      calls.filter(({ operation }) => operation === 'CreateQueue').length === 10,
  )
})

test('a worker that was taken for dead stores nothing more, and the one that took over makes nothing twice', async () => {
  const held = cloud.hold(
    'answer',
    ({ operation, text }) => operation === 'CreateQueue' && /zombie/.test(text),
  )
  await lab.user.run(`INSERT INTO queue (name) VALUES ('zombie')`)
  const executionId = await lab.begin('iasql_apply')
  const input = { tenantId: lab.tenant.id, executionId }
  const zombie = stepExecution({ ...lab.ports }, input)
  await held.arrived()
  await lab.ports.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_execution_record SET lease_until = now() - interval '1 second'
     WHERE execution_id = ${executionId}`,
  )
  const successor = stepExecution({ ...lab.ports }, input)
  const next = await successor

  held.release()

  expect(next).toEqual({ next: 'done' })
  expect((await zombie).next).toBe('wait')
  const made = cloud.made.filter(({ operation, text }) => operation === 'CreateQueue' && /zombie/.test(text))
  expect(made).toHaveLength(1)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('wait => false: one that was taken up by the sweep while it was planned is done once', async () => {
  const held = cloud.hold(
    'request',
    ({ operation, text }) => operation === 'GetQueueUrl' && /swept/.test(text),
  )
  await lab.user.run(`INSERT INTO queue (name) VALUES ('swept')`)
  const answer = lab.call('iasql_apply', [null, false, false, 'wait'])
  await held.arrived()
  const [open] = await lab.user.query<{ id: number }>(
    'SELECT execution_id AS id FROM iasql_execution WHERE ended_at IS NULL',
  )
  const driving = lab.drive(String(open?.id))
  await until(async () => {
    const running = `SELECT 1 AS one FROM iasql_execution WHERE execution_id = ${open?.id} AND state = 'running'`
    return (await lab.user.query(running)).length === 1
  })

  held.release()

  expect(await answer).toEqual([])
  await driving
  const made = cloud.made.filter(({ operation, text }) => operation === 'CreateQueue' && /swept/.test(text))
  expect(made).toHaveLength(1)
  expect(await lab.call('iasql_preview')).toEqual([])
})

/** An edit as the transaction of somebody's run leaves it. */
const editAs = (actor: string, sql: string) =>
  lab.user.transaction(async (transaction) => {
    await transaction.run(sql)
    const [{ xid }] = (await transaction.query(`SELECT pg_current_xact_id()::text AS xid`)) as [
      { xid: string },
    ]
    await lab.ports.platform.run(
      `INSERT INTO ${lab.tenant.schema}.iasql_commit (xid, actor, run_id, statement, tag, row_count)
       VALUES ('${xid}', '${actor}', gen_random_uuid(), 0, 'INSERT 0 1', 1)`,
    )
  })

test('mine: two people apply at once, each only what is theirs', async () => {
  await editAs('ann', `INSERT INTO queue (name) VALUES ('of-ann')`)
  await editAs('bob', `INSERT INTO queue (name) VALUES ('of-bob')`)
  const held = cloud.hold('request', ({ operation, text }) => operation === 'CreateQueue' && /of-/.test(text))
  const mine = (actor: string) => lab.call('iasql_apply', [null, true, true, 'wait'], { actor })

  const applies = [mine('ann'), mine('bob')]
  await held.arrived(2)
  held.release()
  const results = await Promise.all(applies)

  expect(results.map((rows) => rows.map(lineOf))).toEqual([['create queue'], ['create queue']])
  expect(results.map(([row]) => String(row?.id).split('/').at(-1))).toEqual(['of-ann', 'of-bob'])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('wait => false: what the sweep has taken up is not let go of by the one whose planning failed', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('taken-up')`)
  const executionId = await lab.begin('iasql_apply')
  await claimOf(executionId)
  await acquireExecution(lab.ports.platform, lab.tenant, {
    executionId,
    holder: randomUUID(),
    leaseSeconds: 20,
  })

  await abandonExecution(lab.ports, lab.tenant, executionId)

  const [change] = await lab.user.query(`SELECT state FROM iasql_change WHERE execution_id = ${executionId}`)
  expect(change).toEqual({ state: 'pending' })
  const [execution] = await lab.ports.platform.query(
    `SELECT ended_at, cancel_requested FROM ${lab.tenant.schema}.iasql_execution_record WHERE execution_id = ${executionId}`,
  )
  expect(execution).toEqual({ ended_at: null, cancel_requested: true })
  await lab.ports.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_execution_record SET lease_until = NULL WHERE execution_id = ${executionId}`,
  )
  await lab.drive(executionId)
  expect((await lab.call('iasql_preview')).map(lineOf)).toEqual(['create queue'])
  await lab.call('iasql_apply')
})
