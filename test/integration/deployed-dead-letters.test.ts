/** Events whose function never works: tried again, then kept for an operator, and what they were about is not lost. */
import { afterEach, expect, test } from 'vitest'
import { handler as recoverRuns } from '#functions/recover-runs.ts'
import { invocationContext } from '#local/gateway/handlers.ts'
import { until } from '../support/host.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost

afterEach(() => host?.stop())

const poisoned = (attempts: number) => {
  let left = attempts
  return async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    if (name === 'run-statements' && left-- > 0) throw new Error('poison')
    return await work()
  }
}
const logged: string[] = []
const start = async (attempts: number) => {
  logged.length = 0
  host = await startLiveHost({
    functions: { around: poisoned(attempts), retriesMs: [10, 10] },
    log: (level, message) => (level === 'error' ? logged.push(message) : undefined),
  })
}

test('an event that fails is tried twice more, and then works', async () => {
  await start(2)

  const { statements } = await host.client.run('SELECT 1')

  expect(statements[0]?.rows).toEqual([['1']])
  expect(host.serving.functions.deadLetters).toEqual([])
})

test('an event that always fails becomes a dead letter, and the sweep takes its run up when the reason is gone', async () => {
  await start(3)
  const runId = crypto.randomUUID()
  host.client.send({ action: 'run', runId, sql: 'SELECT 1' })
  await until(() => host.serving.functions.deadLetters.length > 0)
  const letters = [...host.serving.functions.deadLetters]

  await host.database.platform.query('SELECT pg_sleep(15.5)::text AS slept')
  await recoverRuns({}, invocationContext('recover-runs', 55_000))
  const { state } = await host.client.finished(runId)

  expect(letters).toEqual([
    {
      functionName: 'run-statements',
      event: { tenantId: expect.any(String), runId },
      attempts: 3,
      error: expect.objectContaining({ message: 'poison' }),
    },
  ])
  expect(logged).toContainEqual(expect.stringContaining('An event was given up'))
  expect(state).toBe('succeeded')
})
