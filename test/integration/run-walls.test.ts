/** Whose run it is: members of one tenant do not reach into each other's runs, except where their role says so. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Session } from '#operations/connection/session.ts'
import { acceptPart, acceptRun } from '#operations/run/accept-run.ts'
import { cancelRun } from '#operations/run/cancel-run.ts'
import { executeStatements } from '#operations/run/execute-statements.ts'
import { moreRows } from '#operations/run/more-rows.ts'
import { resumeRun } from '#operations/run/resume-run.ts'
import { openRunLab, type RunLab } from '../support/run-lab.ts'

let lab: RunLab
let olga: Session
let victor: Session
let oscar: Session

const unknown = { code: 'protocol/unknown-run' }

beforeAll(async () => {
  lab = await openRunLab()
  olga = await lab.session({ subject: 'olga', role: 'editor' })
  victor = await lab.session({ subject: 'victor', role: 'editor' })
  oscar = await lab.session({ subject: 'oscar', role: 'operator' })
  await lab.run('CREATE TABLE mine (x int)')
})

afterEach(() => {
  lab.isPaused = false
  lab.onPost = () => 'sent'
})

afterAll(async () => {
  await lab?.close()
})

const execute = (runId: string) => {
  lab.isPaused = false
  return executeStatements(lab.ports, { tenantId: lab.tenant.id, runId }, lab.catalogue)
}

const partsOf = (runId: string) =>
  lab.db.platform.query<{ place: number }>(
    `SELECT place FROM ${lab.tenant.schema}.iasql_run_part WHERE run_id = :runId::uuid`,
    { runId },
  )

const seenBy = ({ connectionId }: Session, runId: string) =>
  lab.posted.filter((message) => message.connectionId === connectionId && message.runId === runId)

const accepted = async (sql = 'SELECT 1;') => {
  const runId = randomUUID()
  lab.isPaused = true
  await acceptRun(lab.ports, olga, { runId, sql })
  return runId
}

test('a part adds nothing to a run that somebody else sent', async () => {
  const runId = await accepted()
  const part = { runId, index: 1, count: 2, text: ' INSERT INTO mine VALUES (666);' }

  await expect(acceptPart(lab.ports, victor, part)).rejects.toMatchObject(unknown)
  await execute(runId)
  const rows = (await lab.run('SELECT * FROM mine')).statements[0]?.rows

  expect(rows).toEqual([])
  expect(seenBy(victor, runId)).toEqual([])
  expect(await partsOf(runId)).toEqual([])
})

test('a part of somebody else does not complete a text that is being received', async () => {
  const runId = randomUUID()
  await acceptPart(lab.ports, olga, { runId, index: 0, count: 2, text: 'SELECT 1; ' })

  const foreign = acceptPart(lab.ports, victor, { runId, index: 1, count: 2, text: 'SELECT 666' })
  await expect(foreign).rejects.toMatchObject(unknown)
  await acceptPart(lab.ports, olga, { runId, index: 1, count: 2, text: 'SELECT 2' })
  const result = await lab.finished(runId)

  expect(result.statements.map((statement) => statement.rows)).toEqual([[['1']], [['2']]])
})

test('a part of a run that was accepted already is a repetition, before its end and after', async () => {
  const runId = await accepted()

  await acceptPart(lab.ports, olga, { runId, index: 1, count: 2, text: ' SELECT 2' })
  await execute(runId)
  await acceptPart(lab.ports, olga, { runId, index: 5, count: 9, text: 'late secret' })
  const result = await lab.finished(runId)

  expect(result.statements).toHaveLength(1)
  expect(await partsOf(runId)).toEqual([])
})

test('a part with another count is refused before it counts', async () => {
  const runId = randomUUID()
  await acceptPart(lab.ports, olga, { runId, index: 0, count: 2, text: 'SELECT 1; ' })

  const other = acceptPart(lab.ports, olga, { runId, index: 1, count: 3, text: 'SELECT 666' })
  await expect(other).rejects.toMatchObject({ code: 'protocol/bad-field' })
  await acceptPart(lab.ports, olga, { runId, index: 1, count: 2, text: 'SELECT 2' })

  expect((await lab.finished(runId)).statements[1]?.rows).toEqual([['2']])
})

test('parts that come at once are each counted once', async () => {
  const runId = randomUUID()
  const texts = Array.from({ length: 12 }, (_, index) => `SELECT ${index};`)
  const send = (text: string, index: number) =>
    acceptPart(lab.ports, olga, { runId, index, count: texts.length, text })

  await Promise.all([...texts.map(send), ...texts.map(send)])
  const result = await lab.finished(runId, olga.connectionId)

  expect(result.state).toBe('succeeded')
  expect(result.statements.map((statement) => statement.rows?.[0]?.[0])).toEqual(
    texts.map((_, index) => String(index)),
  )
})

test('a text that grew too long ends its run, and nothing of it stays', async () => {
  const part = { runId: randomUUID(), count: 3, text: 'x'.repeat(2_200_000) }
  await acceptPart(lab.ports, olga, { ...part, index: 0 })

  const second = acceptPart(lab.ports, olga, { ...part, index: 1 })
  await expect(second).rejects.toMatchObject({ code: 'protocol/too-large' })
  await acceptPart(lab.ports, olga, { ...part, index: 2 })

  expect(await partsOf(part.runId)).toEqual([])
})

test('a client that does not read delays no start', async () => {
  let letGo = () => {}
  const stalled = new Promise<'sent'>((resolve) => {
    letGo = () => resolve('sent')
  })
  lab.onPost = (message) => (message.type === 'accepted' ? stalled : 'sent')
  const runId = randomUUID()
  let isStarted = false
  const invoker = {
    ...lab.ports.invoker,
    runStatements: async () => {
      isStarted = true
    },
  }

  const accepting = acceptRun({ ...lab.ports, invoker }, olga, { runId, sql: 'SELECT 1' })
  await expect.poll(() => isStarted).toBe(true)
  letGo()
  await accepting
})

test('nobody follows, resumes or pages through the run of somebody else', async () => {
  const sql = 'SELECT generate_series(1, 30)'
  const { runId } = await lab.run(sql, { maxRows: 10 }, olga)
  const cursor = String(
    seenBy(olga, runId).find((message) => message.type === 'complete')?.cursor ?? 'no cursor',
  )
  const page = { runId, statement: 0, cursor }

  await expect(acceptRun(lab.ports, victor, { runId, sql })).rejects.toMatchObject(unknown)
  await expect(resumeRun(lab.ports, victor, { runId, afterSeq: 0 })).rejects.toMatchObject(unknown)
  await expect(moreRows(lab.ports, victor, page)).rejects.toMatchObject(unknown)
  await expect(acceptRun(lab.ports, oscar, { runId, sql })).rejects.toMatchObject(unknown)
  await expect(moreRows(lab.ports, oscar, page)).rejects.toMatchObject(unknown)
  await moreRows(lab.ports, olga, page)

  expect(seenBy(victor, runId)).toEqual([])
  expect(seenBy(olga, runId).at(-1)).toMatchObject({ type: 'page' })
})

test('an operator may cancel and resume any run of the tenant, an editor only their own', async () => {
  const runId = await accepted('SELECT 1; SELECT 2')

  await expect(cancelRun(lab.ports, victor, { runId })).rejects.toMatchObject(unknown)
  await cancelRun(lab.ports, oscar, { runId })
  await execute(runId)
  await resumeRun(lab.ports, oscar, { runId, afterSeq: 0 })

  expect((await lab.finished(runId, olga.connectionId)).state).toBe('cancelled')
  expect(seenBy(oscar, runId).at(-1)).toMatchObject({ type: 'done', state: 'cancelled' })
})

test('whoever sent the parts hears that an operator has cancelled their run', async () => {
  const runId = randomUUID()
  await acceptPart(lab.ports, olga, { runId, index: 0, count: 2, text: 'SELECT 1; ' })

  await cancelRun(lab.ports, oscar, { runId })

  expect(seenBy(olga, runId)).toMatchObject([{ type: 'done', state: 'cancelled', seq: 1 }])
  expect(await partsOf(runId)).toEqual([])
})
