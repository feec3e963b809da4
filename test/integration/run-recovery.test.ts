import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { acceptRun } from '#operations/run/accept-run.ts'
import { executeStatements } from '#operations/run/execute-statements.ts'
import { recoverRuns } from '#operations/run/recover-runs.ts'
import { DataApiError } from '#postgres/data-api.ts'
import { openRunLab, type RunLab } from '../support/run-lab.ts'

let lab: RunLab

beforeAll(async () => {
  lab = await openRunLab()
  await lab.run('CREATE TABLE marks (n int)')
})

afterEach(() => {
  lab.isPaused = false
})

afterAll(async () => {
  await lab?.close()
})

const marks = async () =>
  (await lab.run('SELECT n FROM marks ORDER BY n')).statements[0]?.rows.map(([n]) => n)
const until = async (isOver: () => boolean | Promise<boolean>) => {
  for (const end = Date.now() + 20_000; !(await isOver()); await sleep(10)) {
    if (Date.now() > end) throw new Error('it did not happen in 20 s')
  }
}
const isRunning = async (runId: string) =>
  (
    await lab.db.platform.query(
      "SELECT 1 AS one FROM pg_stat_activity WHERE application_name = :name AND state = 'active'",
      { name: `iasql ${runId}` },
    )
  ).length > 0

test('ends a run whose runner died as interrupted, and says what it had committed', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  const t = lab.tenant.schema
  lab.isPaused = true
  await acceptRun(lab.ports, session, {
    runId,
    sql: 'INSERT INTO marks VALUES (50); INSERT INTO marks VALUES (51)',
  })
  // A runner that dies between its first COMMIT and the event that tells of it.
  const events = lab.ports.platform.query
  const dying = {
    ...lab.ports,
    platform: {
      ...lab.ports.platform,
      query: (async (sql, parameters) => {
        if (String(parameters?.events ?? '').includes('INSERT 0 1')) return new Promise(() => {})
        return events(sql, parameters)
      }) as typeof events,
    },
  }
  void executeStatements(dying, { tenantId: lab.tenant.id, runId }, lab.catalogue)
  await until(
    async () =>
      (
        await lab.db.platform.query(
          `SELECT 1 AS one FROM ${t}.iasql_commit WHERE run_id = :runId::uuid AND pg_xact_status(xid) = 'committed'`,
          { runId },
        )
      ).length > 0,
  )

  await recoverRuns(lab.ports, { isSole: true })
  const result = await lab.finished(runId)

  expect(result.state).toBe('interrupted')
  expect(result.statements).toMatchObject([{ statement: 0, tag: 'INSERT 0 1' }])
  lab.isPaused = false
  expect(await marks()).toEqual(expect.arrayContaining(['50']))
  expect(await marks()).not.toContain('51')
})

test('a runner that was taken for dead commits nothing more', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  await acceptRun(lab.ports, session, {
    runId,
    sql: 'SELECT pg_sleep(0.5) UNION ALL SELECT NULL; INSERT INTO marks VALUES (60)',
  })
  await until(() => isRunning(runId))

  await recoverRuns(lab.ports, { isSole: true })
  const result = await lab.finished(runId)
  await sleep(800)

  expect(result.state).toBe('interrupted')
  expect(await marks()).not.toContain('60')
})

test('starts a run that nobody has started', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  lab.isPaused = true
  await acceptRun(lab.ports, session, { runId, sql: 'SELECT 1' })
  lab.isPaused = false

  await recoverRuns(lab.ports, { isSole: true })

  expect((await lab.finished(runId)).state).toBe('succeeded')
})

test('hands over when the budget is spent, with the same events', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  lab.isPaused = true
  const sql =
    "SELECT 1; SET timezone = 'Asia/Tokyo'; SHOW timezone; BEGIN; SELECT 2; COMMIT; SELECT 1/0; SELECT 3"
  await acceptRun(lab.ports, session, { runId, sql, options: { stopOnError: false } })
  const ports = { ...lab.ports, defaults: { ...lab.ports.defaults, budgetMs: 0 } }

  const steps: string[] = []
  do {
    const { next } = await executeStatements(ports, { tenantId: lab.tenant.id, runId }, lab.catalogue)
    steps.push(next)
  } while (steps.at(-1) === 'again')
  const result = await lab.finished(runId)
  lab.isPaused = false

  expect(steps).toEqual(['again', 'again', 'again', 'again', 'again', 'done'])
  expect(result.state).toBe('failed')
  expect(result.statements.map((statement) => statement.tag ?? statement.error?.sqlstate)).toEqual([
    'SELECT 1',
    'SET',
    'SHOW',
    'BEGIN',
    'SELECT 1',
    'COMMIT',
    '22012',
    'SELECT 1',
  ])
  expect(result.statements[2]?.rows).toEqual([['Asia/Tokyo']])
  expect(result.messages.map((message) => message.seq)).toEqual(result.messages.map((_, index) => index + 1))
})

test('a database that does not answer when a run comes leaves nothing behind; the same run works when it is back', async () => {
  const session = await lab.session()
  const message = { runId: randomUUID(), sql: 'SELECT 1' }
  const down = {
    ...lab.ports,
    platform: {
      ...lab.ports.platform,
      query: async () => {
        throw new DataApiError('unavailable', 'The database does not answer')
      },
    },
  }

  await expect(acceptRun(down, session, message)).rejects.toMatchObject({ fault: 'unavailable' })
  await acceptRun(lab.ports, session, message)

  expect((await lab.finished(message.runId)).state).toBe('succeeded')
})

test('a database that goes away in the middle ends the run with a clear error once it is back', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  let isDown = false
  const unlessDown =
    <Arguments extends unknown[], Result>(call: (...given: Arguments) => Promise<Result>) =>
    async (...given: Arguments): Promise<Result> => {
      if (isDown) throw new DataApiError('unavailable', 'The database does not answer')
      return call(...given)
    }
  const { platform, dataApi } = lab.ports
  const ports = {
    ...lab.ports,
    log: () => {},
    platform: {
      ...platform,
      query: unlessDown(platform.query) as typeof platform.query,
      run: unlessDown(platform.run),
    },
    dataApi: {
      begin: unlessDown(dataApi.begin.bind(dataApi)),
      execute: unlessDown(dataApi.execute.bind(dataApi)),
      commit: unlessDown(dataApi.commit.bind(dataApi)),
      rollback: unlessDown(dataApi.rollback.bind(dataApi)),
    },
  }
  lab.onPost = (message) => {
    if (message.type === 'complete') {
      isDown = true
      setTimeout(() => {
        isDown = false
      }, 600)
    }
    return 'sent'
  }
  lab.isPaused = true
  await acceptRun(ports, session, {
    runId,
    sql: 'INSERT INTO marks VALUES (70); INSERT INTO marks VALUES (71)',
  })

  await executeStatements(ports, { tenantId: lab.tenant.id, runId }, lab.catalogue)
  const result = await lab.finished(runId)
  lab.isPaused = false
  lab.onPost = () => 'sent'

  expect(result.state).toBe('interrupted')
  expect(result.statements[0]?.tag).toBe('INSERT 0 1')
  expect(result.statements[1]?.error).toMatchObject({
    code: 'system/database-unavailable',
    sqlstate: '08006',
  })
  expect(await marks()).not.toContain('71')
})

test('goes on after a start with a run that waited for its execution', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  const started: unknown[] = []
  lab.isPaused = true
  await acceptRun(lab.ports, session, { runId, sql: 'SELECT 1; SELECT 2' })
  const spent = { ...lab.ports, defaults: { ...lab.ports.defaults, budgetMs: 0 } }
  await executeStatements(spent, { tenantId: lab.tenant.id, runId }, lab.catalogue)

  const machines = { start: async (...given: unknown[]) => void started.push(given) }
  await recoverRuns({ ...lab.ports, machines }, { isSole: true })
  await executeStatements(lab.ports, { tenantId: lab.tenant.id, runId }, lab.catalogue)
  const result = await lab.finished(runId)

  expect(started).toMatchObject([['run', expect.stringContaining(runId), { tenantId: lab.tenant.id, runId }]])
  expect(result.statements.map((statement) => statement.rows)).toEqual([[['1']], [['2']]])
})

test('a run that was handed over, and whose machine died, is taken up by the sweep', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  const started: unknown[] = []
  lab.isPaused = true
  await acceptRun(lab.ports, session, { runId, sql: 'SELECT 1; SELECT 2' })
  const spent = { ...lab.ports, defaults: { ...lab.ports.defaults, budgetMs: 0 } }
  await executeStatements(spent, { tenantId: lab.tenant.id, runId }, lab.catalogue)
  const swept = { ...lab.ports, machines: { start: async (...given: unknown[]) => void started.push(given) } }

  await recoverRuns(swept)
  const tooEarly = [...started]
  await lab.db.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_run SET lease_until = now() - interval '1 second'
     WHERE run_id = :runId::uuid AND state = 'handed'`,
    { runId },
  )
  await recoverRuns(swept)
  await executeStatements(lab.ports, { tenantId: lab.tenant.id, runId }, lab.catalogue)

  expect(tooEarly).toEqual([])
  expect(started).toMatchObject([['run', expect.stringContaining(runId), { tenantId: lab.tenant.id, runId }]])
  expect((await lab.finished(runId)).state).toBe('succeeded')
})

test('a run whose execution has ended, and whose machine died, is taken up by the sweep', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  const t = lab.tenant.schema
  const started: unknown[] = []
  lab.isPaused = true
  await acceptRun(lab.ports, session, { runId, sql: 'SELECT 1' })
  const [execution] = await lab.db.platform.query<{ id: number }>(
    `INSERT INTO ${t}.iasql_execution_record (kind, rpc, arguments, actor, state, ended_at)
     VALUES ('apply', 'x', '[]', 'ann', 'succeeded', now()) RETURNING execution_id AS id`,
  )
  await lab.db.platform.run(
    `UPDATE ${t}.iasql_run SET state = 'waiting', memory = jsonb_build_object('executionId', ${execution?.id}::text)
     WHERE run_id = :runId::uuid`,
    { runId },
  )
  const swept = { ...lab.ports, machines: { start: async (...given: unknown[]) => void started.push(given) } }

  await recoverRuns(swept)
  const tooEarly = [...started]
  await lab.db.platform.run(`UPDATE ${t}.iasql_execution_record SET ended_at = now() - interval '2 minutes'`)
  await recoverRuns(swept)

  expect(tooEarly).toEqual([])
  expect(started).toMatchObject([
    ['run', expect.stringContaining(runId), { runId, executionId: String(execution?.id) }],
  ])
})
