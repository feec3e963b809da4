import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { acceptRun } from '#operations/run/accept-run.ts'
import { moreRows } from '#operations/run/more-rows.ts'
import { resumeRun } from '#operations/run/resume-run.ts'
import type { Message } from '../support/bare-client.ts'
import { openRunLab, type RunLab } from '../support/run-lab.ts'

let lab: RunLab

beforeAll(async () => {
  lab = await openRunLab()
})

afterEach(() => {
  lab.posted.length = 0
  lab.onPost = () => 'sent'
})

afterAll(async () => {
  await lab?.close()
})

const sizes = (messages: readonly Message[]) =>
  messages.map((message) => Buffer.byteLength(JSON.stringify(message)))

test('streams a long result: its first rows leave before its last are read', async () => {
  const types: string[] = []
  lab.onPost = (message) => {
    types.push(message.type)
    return 'sent'
  }

  const result = await lab.run("SELECT n, 'row number ' || n AS label FROM generate_series(1, 60000) n")

  expect(result.statements[0]?.rows).toHaveLength(60_000)
  expect(result.statements[0]?.rows.every((row, index) => row[0] === String(index + 1))).toBe(true)
  expect(result.messages.map((message) => message.seq)).toEqual(result.messages.map((_, index) => index + 1))
  expect(Math.max(...sizes(result.messages))).toBeLessThan(64 * 1024)
})

test('gives the rows of a slow query as they are found', async () => {
  const times: number[] = []
  lab.onPost = (message) => {
    if (message.type === 'rows') times.push(Date.now())
    return 'sent'
  }

  const result = await lab.run('SELECT n, pg_sleep(0.2) FROM generate_series(1, 8) n')

  expect(result.statements[0]?.rows).toHaveLength(8)
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(400)
})

test('carries rows of any size up to 16 MiB whole', async () => {
  const result =
    await lab.run(`SELECT n, repeat(CASE n WHEN 2 THEN 'é😀"' ELSE 'x' END, n * 60000) AS long FROM generate_series(1, 3) n;
    SELECT repeat('"', 4 * 1024 * 1024) AS quotes;
    SELECT repeat('x', 17 * 1024 * 1024)`)

  const pieces = result.messages.filter((message) => 'part' in message)
  const whole: string[] = []
  for (let text = ''; pieces.length > 0; ) {
    const piece = pieces.shift() as Message & { part: number; parts: number; text: string }
    text += piece.text
    if (piece.part === piece.parts - 1) {
      whole.push(text)
      text = ''
    }
  }
  expect(whole.map((text) => JSON.parse(text).at(-1).length)).toEqual([
    60_000,
    480_000,
    180_000,
    4 * 1024 * 1024,
  ])
  expect(JSON.parse(whole[1] ?? '')[1]).toBe('é😀"'.repeat(120_000))
  expect(Math.max(...sizes(result.messages))).toBeLessThan(64 * 1024)
  expect(result.statements[2]?.error).toMatchObject({ code: 'sql/row-too-large', sqlstate: '54000' })
})

test('cuts at maxRows, and gives the rest in pages', async () => {
  const session = await lab.session()

  const result = await lab.run('SELECT n FROM generate_series(1, 2500) n', { maxRows: 1000 }, session)
  const complete = result.messages.find((message) => message.type === 'complete')
  const rows = [...(result.statements[0]?.rows ?? [])]
  let cursor = complete?.cursor as string | undefined
  const pages: number[] = []
  while (cursor !== undefined) {
    await moreRows(lab.ports, session, { runId: result.runId, statement: 0, cursor })
    const page = lab.posted.at(-1) as unknown as { rows: string[][]; next?: string }
    expect(page).toMatchObject({ type: 'page', cursor })
    rows.push(...page.rows)
    pages.push(page.rows.length)
    cursor = page.next
  }

  expect(complete).toMatchObject({ tag: 'SELECT 2500', rowCount: 2500, truncated: true })
  expect(result.statements[0]?.rows).toHaveLength(1000)
  expect(rows.map(([n]) => n)).toEqual(Array.from({ length: 2500 }, (_, index) => String(index + 1)))
  expect(pages).toEqual([1000, 500])
  await expect(
    moreRows(lab.ports, session, { runId: result.runId, statement: 0, cursor: '9' }),
  ).rejects.toThrow(/no such page/)
})

test('reads no more than it keeps of a result that is cut', async () => {
  const result = await lab.run('SELECT n FROM generate_series(1, 10000000) n; SELECT 2', { maxRows: 10 })

  const complete = result.messages.find((message) => message.type === 'complete')
  expect(complete).toMatchObject({ truncated: true, cursor: '1' })
  expect(complete?.rowCount).toBeLessThan(200_000)
  expect(result.statements[1]?.rows).toEqual([['2']])
})

test('a client that was gone resumes without loss or repetition while the run goes on', async () => {
  const first = await lab.session()
  const second = await lab.session()
  const runId = randomUUID()
  lab.onPost = (message, connectionId) =>
    connectionId === first.connectionId && (message.seq ?? 0) > 3 ? 'gone' : 'sent'

  await acceptRun(lab.ports, first, {
    runId,
    sql: "SELECT n, repeat('x', 100) FROM generate_series(1, 40000) n; SELECT pg_sleep(0.05); SELECT 3",
  })
  while (!lab.posted.some((message) => message.seq === 3)) await sleep(1)
  await resumeRun(lab.ports, second, { runId, afterSeq: 3 })
  const result = await lab.finished(runId, second.connectionId)

  expect(result.messages.map((message) => message.seq)).toEqual(result.messages.map((_, index) => index + 4))
  expect(result.state).toBe('succeeded')
  const seenFirst = lab.posted.filter((message) => message.connectionId === first.connectionId)
  expect(seenFirst.map((message) => message.seq)).toEqual([1, 2, 3])
})

test('resuming on the connection that follows the run already repeats nothing it need not', async () => {
  const session = await lab.session()
  const runId = randomUUID()

  await acceptRun(lab.ports, session, { runId, sql: 'SELECT pg_sleep(0.3)' })
  await resumeRun(lab.ports, session, { runId, afterSeq: 1 })
  const result = await lab.finished(runId)

  expect(result.messages.map((message) => message.seq)).toEqual([1, 2, 3, 4, 5])
})

test('knows no run of another tenant or of nobody', async () => {
  const session = await lab.session()

  await expect(resumeRun(lab.ports, session, { runId: randomUUID(), afterSeq: 0 })).rejects.toMatchObject({
    code: 'protocol/unknown-run',
  })
})
