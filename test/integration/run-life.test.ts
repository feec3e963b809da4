import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { acceptPart, acceptRun } from '#operations/run/accept-run.ts'
import { cancelRun } from '#operations/run/cancel-run.ts'
import { executeStatements } from '#operations/run/execute-statements.ts'
import { recoverRuns } from '#operations/run/recover-runs.ts'
import { resumeRun } from '#operations/run/resume-run.ts'
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

test('a run sent twice runs once, and another connection gets to see it', async () => {
  const first = await lab.session()
  const second = await lab.session()
  const message = { runId: randomUUID(), sql: 'INSERT INTO marks VALUES (1)' }

  await acceptRun(lab.ports, first, message)
  await acceptRun(lab.ports, first, message)
  const result = await lab.finished(message.runId, first.connectionId)
  await acceptRun(lab.ports, second, message)
  const seen = await lab.finished(message.runId, second.connectionId)

  expect(seen.messages.map((event) => event.seq)).toEqual(result.messages.map((event) => event.seq))
  expect(await marks()).toEqual(['1'])
})

test('two invocations of one run do its work once', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  lab.isPaused = true
  await acceptRun(lab.ports, session, { runId, sql: 'DELETE FROM marks; INSERT INTO marks VALUES (2)' })

  const input = { tenantId: lab.tenant.id, runId }
  const steps = await Promise.all([
    executeStatements(lab.ports, input, lab.catalogue),
    executeStatements(lab.ports, input, lab.catalogue),
  ])
  lab.isPaused = false

  expect(steps).toEqual([{ next: 'done' }, { next: 'done' }])
  expect(await marks()).toEqual(['2'])
})

test('a long text comes in parts, in whatever order, some of them twice', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  const sql = `SELECT length('${'é😀'.repeat(10_000)}') AS n; SELECT 'the end'`
  const texts = [sql.slice(0, 9_000), sql.slice(9_000, 20_001), sql.slice(20_001)]

  for (const index of [2, 0, 2, 1]) {
    await acceptPart(lab.ports, session, { runId, index, count: 3, text: texts[index] ?? '' })
  }
  const result = await lab.finished(runId)

  expect(result.statements.map((statement) => statement.rows)).toEqual([[['20000']], [['the end']]])
})

test('refuses a text above 4 MiB', async () => {
  const session = await lab.session()
  const part = { runId: randomUUID(), count: 2, text: 'x'.repeat(2_200_000) }

  await acceptPart(lab.ports, session, { ...part, index: 0 })

  await expect(acceptPart(lab.ports, session, { ...part, index: 1 })).rejects.toMatchObject({
    code: 'protocol/too-large',
  })
})

test('cancels the statement that runs, and what follows', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  await acceptRun(lab.ports, session, { runId, sql: 'SELECT pg_sleep(30); SELECT 2' })
  await until(() => isRunning(runId))

  await cancelRun(lab.ports, session, { runId })
  const result = await lab.finished(runId)

  expect(result.state).toBe('cancelled')
  expect(result.statements).toHaveLength(1)
  expect(result.statements[0]?.error).toMatchObject({ code: 'sql/cancelled', sqlstate: '57014' })
})

test('cancels a long result between its rows', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  await acceptRun(lab.ports, session, {
    runId,
    sql: "SELECT n, repeat('x', 1000) FROM generate_series(1, 10000000) n",
  })
  await until(() => lab.posted.some((message) => message.runId === runId && message.type === 'rows'))

  await cancelRun(lab.ports, session, { runId })
  const result = await lab.finished(runId)

  expect(result.state).toBe('cancelled')
})

test('a run that was cancelled before it came does not run', async () => {
  const session = await lab.session()
  const runId = randomUUID()

  await cancelRun(lab.ports, session, { runId })
  await acceptRun(lab.ports, session, { runId, sql: 'INSERT INTO marks VALUES (99)' })
  const result = await lab.finished(runId)

  expect(result.messages).toMatchObject([{ type: 'done', state: 'cancelled', seq: 1 }])
  expect(await marks()).not.toContain('99')
})

test('keeps the text of a run only while it runs, and encrypted', async () => {
  const session = await lab.session()
  const runId = randomUUID()
  const texts = () =>
    lab.db.platform.query<{ text: string }>(
      `SELECT text FROM ${lab.tenant.schema}.iasql_run_part WHERE run_id = :runId::uuid`,
      { runId },
    )
  lab.isPaused = true
  await acceptRun(lab.ports, session, { runId, sql: "SELECT 'a secret'" })
  const before = await texts()
  lab.isPaused = false
  await recoverRuns(lab.ports, { isSole: true })
  await lab.finished(runId)

  expect(before).toHaveLength(1)
  expect(before[0]?.text).not.toContain('secret')
  expect(await texts()).toEqual([])
  await resumeRun(lab.ports, session, { runId, afterSeq: 0 })
})
