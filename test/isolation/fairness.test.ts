/** A tenant that sends more than its share waits for itself; the others do not wait for it. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runsAtOnce } from '#postgres/statements/run-claim.ts'
import { type IsolationLab, rowsOf, startIsolationLab } from './lab.ts'

let lab: IsolationLab
const lock = 815

beforeAll(async () => {
  lab = await startIsolationLab()
})
afterAll(() => lab?.stop())

test('beyond its share a run waits until one of its own tenant has ended, in the order of their coming', async () => {
  const { mallory, victor, host } = lab
  const gate = await lab.connect(lab.scene.self, 'reader')
  await gate.query(`SELECT pg_advisory_lock(${lock})`)
  const states = async () => {
    const rows = await host.database.platform.query<{ state: string; count: number }>(
      `SELECT state, count(*)::int AS count FROM ${lab.scene.self.schema}.iasql_run
       WHERE ended_at IS NULL GROUP BY state ORDER BY state`,
    )
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
  }
  const send = (sql: string): string => {
    const runId = randomUUID()
    mallory.send({ action: 'run', runId, sql })
    return runId
  }
  const working = Array.from({ length: runsAtOnce }, () => send(`SELECT pg_advisory_lock_shared(${lock})`))
  await expect.poll(states).toEqual({ running: runsAtOnce })
  const waiting = [send('SELECT 1'), send('SELECT 2'), send('SELECT 3')]
  await expect.poll(states).toEqual({ accepted: waiting.length, running: runsAtOnce })

  expect(await rowsOf(victor, 'SELECT 7')).toEqual([['7']])
  expect(mallory.messages.filter(({ type }) => type === 'done')).toEqual([])

  mallory.send({ action: 'cancel', runId: waiting[1] })
  expect((await mallory.finished(String(waiting[1]))).state).toBe('cancelled')
  expect(await states()).toEqual({ accepted: 2, running: runsAtOnce })

  await gate.end()
  const ended = await Promise.all([...working, ...waiting].map((runId) => mallory.finished(runId)))
  expect(ended.map(({ state }) => state).filter((state) => state !== 'succeeded')).toEqual(['cancelled'])
})
