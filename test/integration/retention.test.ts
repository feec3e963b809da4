import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { purgeExpired } from '#operations/retention/purge-expired.ts'
import { resumeRun } from '#operations/run/resume-run.ts'
import { expiredRows } from '#postgres/statements/retention.ts'
import { openTenantLab, type TenantLab } from '../support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
})

afterAll(async () => {
  await lab?.close()
})

const run = (sql: string) => lab.ports.platform.run(sql.replaceAll('T.', `${lab.tenant.schema}.`))
const count = async (from: string): Promise<number> => {
  const [row] = await lab.ports.platform.query<{ n: number }>(
    `SELECT count(*) AS n FROM ${from.replaceAll('T.', `${lab.tenant.schema}.`)}`,
  )
  return row?.n ?? 0
}

const retention = { days: 7, executionDays: 90, previewDays: 1, auditDays: 365, secretDays: 30 }

/** A run with five events, a page and a part of text, `days` days old. */
const addRun = async (days: number, state = 'succeeded', endedAt = `now() - interval '${days} days'`) => {
  const id = randomUUID()
  await run(`INSERT INTO T.iasql_run (run_id, actor, role, state, last_seq, created_at, ended_at)
    VALUES ('${id}', 'ann', 'owner', '${state}', 5, now() - interval '${days} days', ${endedAt})`)
  await run(`INSERT INTO T.iasql_event (run_id, seq, kind, body)
    SELECT '${id}', n, 'rows', jsonb_build_object('type', 'rows', 'n', n) FROM generate_series(1, 5) n`)
  await run(`INSERT INTO T.iasql_run_page VALUES ('${id}', 0, 1, 0, 1, '[]')`)
  await run(`INSERT INTO T.iasql_run_part VALUES ('${id}', 0, 'text')`)
  return id
}
const leftOf = async (id: string): Promise<readonly number[]> =>
  Promise.all(
    ['iasql_run', 'iasql_event', 'iasql_run_page', 'iasql_run_part'].map((table) =>
      count(`T.${table} WHERE run_id = '${id}'`),
    ),
  )

test('a run that ended eight days ago is gone with all it left, in batches; younger and open ones stay', async () => {
  const old = await addRun(8)
  const young = await addRun(6)
  const open = await addRun(30, 'waiting', 'NULL')
  const halfSent = await addRun(8, 'receiving', 'NULL')

  await purgeExpired(lab.ports, { batchRows: 2 })

  expect(await leftOf(old)).toEqual([0, 0, 0, 0])
  expect(await leftOf(halfSent)).toEqual([0, 0, 0, 0])
  expect(await leftOf(young)).toEqual([1, 5, 1, 1])
  expect(await leftOf(open)).toEqual([1, 5, 1, 1])
  const session = { connectionId: 'c', tenantId: lab.tenant.id, subject: 'ann', role: 'owner' } as const
  await expect(resumeRun(lab.ports, session, { runId: old, afterSeq: 0 })).rejects.toMatchObject({
    code: 'protocol/unknown-run',
  })
})

test('a commit is kept as long as an edit of it is not applied', async () => {
  const commit = (xid: number) =>
    run(`INSERT INTO T.iasql_commit (xid, actor, run_id, statement, tag, row_count, at)
      VALUES ('${xid}', 'ann', '${randomUUID()}', 0, 'UPDATE 1', 1, now() - interval '8 days')`)
  await commit(101)
  await commit(102)
  await run(`INSERT INTO T.iasql_edit (table_name, row_id, op, xid) VALUES ('vpc', 1, 'U', '102')`)

  await purgeExpired(lab.ports)

  expect(await count("T.iasql_commit WHERE xid IN ('101', '102')")).toBe(1)
  expect(await count("T.iasql_commit WHERE xid = '102'")).toBe(1)
})

test('notices, results of functions and events of topics go after seven days', async () => {
  for (const [days, context] of [
    [8, randomUUID()],
    [6, randomUUID()],
  ] as const) {
    const at = `now() - interval '${days} days'`
    await run(`INSERT INTO T.iasql_notice (xid, message, at) VALUES ('${days}', 'told', ${at})`)
    await run(`WITH result AS (
        INSERT INTO T.iasql_rpc_result (context, function, arguments, at)
        VALUES ('${context}', 'purged', '[]', ${at}) RETURNING result_id)
      INSERT INTO T.iasql_rpc_result_row SELECT result_id, n, '{}' FROM result, generate_series(1, 3) n`)
    await run(
      `INSERT INTO T.iasql_topic_event (topic, seq, at, kind, body) VALUES ('drift', ${10 - days}, ${at}, 'k', '{}')`,
    )
  }

  await purgeExpired(lab.ports, { batchRows: 2 })

  expect(await count("T.iasql_notice WHERE message = 'told'")).toBe(1)
  expect(await count("T.iasql_rpc_result WHERE function = 'purged'")).toBe(1)
  expect(await count('T.iasql_rpc_result_row')).toBe(3)
  expect(await count("T.iasql_topic_event WHERE topic = 'drift' AND seq = 4")).toBe(1)
  expect(await count("T.iasql_topic_event WHERE topic = 'drift'")).toBe(1)
})

test('a result that an execution still works for stays', async () => {
  const context = randomUUID()
  await run(`INSERT INTO T.iasql_rpc_result (context, function, arguments, at)
    VALUES ('${context}', 'waited', '[]', now() - interval '9 days')`)
  await run(`INSERT INTO T.iasql_execution_record (kind, rpc, arguments, actor, state, context)
    VALUES ('apply', 'iasql_apply', '[]', 'ann', 'waiting', '${context}')`)

  await purgeExpired(lab.ports)

  expect(await count("T.iasql_rpc_result WHERE function = 'waited'")).toBe(1)
})

test('events of an execution are kept for ninety days after its end', async () => {
  const add = (id: number, endedAt: string) =>
    run(`WITH execution AS (
        INSERT INTO T.iasql_execution_record (execution_id, kind, rpc, arguments, actor, state, ended_at)
        OVERRIDING SYSTEM VALUE VALUES (${id}, 'sync', 'iasql_sync', '[]', 'ann', 'succeeded', ${endedAt}))
      INSERT INTO T.iasql_event (execution_id, seq, at, kind, body)
      VALUES (${id}, 1, now() - interval '200 days', 'progress', '{}')`)
  await add(9001, "now() - interval '91 days'")
  await add(9002, "now() - interval '89 days'")
  await add(9003, 'NULL')

  await purgeExpired(lab.ports)

  expect(await count('T.iasql_event WHERE execution_id = 9001')).toBe(0)
  expect(await count('T.iasql_event WHERE execution_id IN (9002, 9003)')).toBe(2)
})

test('connections whose time is over go with their subscriptions', async () => {
  const tenant = lab.tenant.id
  await run(`INSERT INTO iasql_platform.connection (connection_id, tenant_id, subject, role, endpoint, expires_at)
    VALUES ('past', '${tenant}', 'ann', 'owner', 'e', now() - interval '1 minute'),
      ('here', '${tenant}', 'ann', 'owner', 'e', now() + interval '1 hour')`)
  await run(
    `INSERT INTO iasql_platform.subscription VALUES ('past', '${tenant}', 'drift'), ('here', '${tenant}', 'drift')`,
  )

  await purgeExpired(lab.ports)

  expect(await count("iasql_platform.connection WHERE connection_id IN ('past', 'here')")).toBe(1)
  expect(await count("iasql_platform.subscription WHERE connection_id = 'past'")).toBe(0)
})

test('a pass that is told to stop deletes nothing more', async () => {
  const old = await addRun(8)

  await purgeExpired(lab.ports, { signal: AbortSignal.abort() })

  expect(await leftOf(old)).toEqual([1, 5, 1, 1])
})

test('a preview goes whole after a day, unless a transaction chooses from it; nobody waits for that', async () => {
  const addPlan = async (days: number): Promise<number> => {
    const [plan] = await lab.ports.platform.query<{ plan_id: number }>(
      `INSERT INTO ${lab.tenant.schema}.iasql_plan_record (made_by, mine, snapshot, made_at)
       VALUES ('ann', false, pg_current_snapshot(), now() - interval '${days} days') RETURNING plan_id`,
    )
    const id = plan?.plan_id ?? 0
    await run(`INSERT INTO T.iasql_change_record (change_id, plan_id, action, table_name, row_id)
      VALUES (${id * 1_000}, ${id}, 'create', 'vpc', ${id})`)
    return id
  }
  const choose = (id: number) =>
    `INSERT INTO ${lab.tenant.schema}.iasql_plan_choice (plan_id, change_id) VALUES (${id}, ${id * 1_000})`
  const [old, young, chosen, changed] = [
    await addPlan(2),
    await addPlan(0),
    await addPlan(2),
    await addPlan(2),
  ]
  await lab.user.run(choose(changed))
  await lab.user.run(choose(old))

  await lab.user.transaction(async (transaction) => {
    await transaction.run(choose(chosen))
    await transaction.run(
      `UPDATE ${lab.tenant.schema}.iasql_plan_choice SET skip = false WHERE plan_id = ${changed}`,
    )
    await purgeExpired(lab.ports)
  })

  const left = await lab.ports.platform.query<{ plan_id: number }>(
    `SELECT plan_id FROM ${lab.tenant.schema}.iasql_change_record ORDER BY plan_id`,
  )
  expect(left.map(({ plan_id }) => plan_id)).toEqual([young, chosen, changed])
  await purgeExpired(lab.ports)
  expect(await count('T.iasql_plan_record')).toBe(1)
  expect(await count('T.iasql_plan_choice')).toBe(0)
})

test('tickets that nobody used and failed attempts of long ago are gone', async () => {
  const at = (age: string) => `now() - interval '${age}'`
  await run(`INSERT INTO iasql_platform.ticket (ticket_hash, tenant_id, subject, expires_at)
    VALUES ('old', '${lab.tenant.id}', 'ann', ${at('1 second')}), ('new', '${lab.tenant.id}', 'ann', ${at('-1 minute')})`)
  await run(`INSERT INTO iasql_platform.sign_in_failure (source, failures, since, refused_until)
    VALUES ('old', 3, ${at('2 hours')}, NULL), ('new', 3, ${at('10 seconds')}, NULL),
      ('refused', 10, ${at('2 hours')}, ${at('-1 minute')})`)

  await purgeExpired(lab.ports)

  expect(await count('iasql_platform.ticket')).toBe(1)
  expect(await count('iasql_platform.sign_in_failure')).toBe(2)
})

test('a transaction goes when the audit log has nothing of it any more, unless it is still open', async () => {
  const add = (id: string, state: string, days: number, audited: boolean) =>
    run(`INSERT INTO T.iasql_transaction (transaction_id, actor, connection_id, state, opened_at, closed_at) VALUES
        ('${id}', 'ann', '${id}', '${state}', now() - interval '${days} days',
         CASE WHEN '${state}' <> 'open' THEN now() - interval '${days} days' END);`).then(() =>
      audited
        ? run(`INSERT INTO T.iasql_audit (ts, change_type, by_engine, transaction_id)
            VALUES (now() - interval '${days} days', 'OPEN_TRANSACTION', true, '${id}')`)
        : 0,
    )
  await add('old', 'committed', 400, true)
  await add('undone', 'failed', 400, false)
  await add('young', 'committed', 300, true)
  await add('open', 'open', 400, true)

  await purgeExpired(lab.ports, { batchRows: 1 })

  const left = await lab.ports.platform.query<{ id: string }>(
    `SELECT transaction_id AS id FROM ${lab.tenant.schema}.iasql_transaction ORDER BY 1`,
  )
  expect(left.map(({ id }) => id)).toEqual(['open', 'young'])
  expect(await count("T.iasql_audit WHERE transaction_id IN ('open', 'young')")).toBe(2)
})

test('of the audit log the oldest go first, whatever is left for the next pass', async () => {
  const add = (name: string) =>
    run(`INSERT INTO T.iasql_audit (ts, table_name, row_id, change_type, by_engine, change)
      VALUES (now() - interval '400 days', 'ordered', 1, 'UPDATE', false, '{"n":"${name}"}')`)
  for (const name of ['a', 'b', 'c']) await add(name)
  await run(`UPDATE T.iasql_audit SET message = 'moved in the heap' WHERE change->>'n' = 'a'`)
  const [audit] = expiredRows(lab.ports.platform, lab.tenant, retention).slice(10)

  await audit?.run(1)

  const left = await lab.ports.platform.query<{ n: string }>(
    `SELECT change->>'n' AS n FROM ${lab.tenant.schema}.iasql_audit WHERE table_name = 'ordered' ORDER BY id`,
  )
  expect(left.map(({ n }) => n)).toEqual(['b', 'c'])
})
