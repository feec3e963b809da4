/** Of two users who wait for each other, one lets go, and nobody is told afterwards that their words were lost. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callerOf, editIn } from './caller.ts'
import { openModelRun } from './model-run.ts'
import { endTransactions } from './sessions.ts'
import type { ModelRun } from './world.ts'

let run: ModelRun

beforeAll(async () => {
  run = await openModelRun({ seed: 1 })
})
afterAll(async () => {
  await run.lab.close()
})

const write = (session: number | undefined, ...statements: readonly string[]) =>
  run.lab.user.transaction(async (transaction) => {
    for (const sql of statements) await transaction.run(sql)
    if (session !== undefined) await editIn(run.lab, session, transaction)
  })

test('ends a transaction that neither commits nor goes back, and excuses what an edit of no session said', async () => {
  const worker = run.workers.next()
  await write(undefined, `INSERT INTO topic (name, retention) VALUES ('kept', 60)`)
  await worker.call('iasql_apply')
  await run.lab.clock.sleep(100_000)
  await worker.call('iasql_begin', undefined, callerOf(0))
  await write(
    0,
    `UPDATE topic SET retention = 90 WHERE name = 'kept'`,
    `INSERT INTO topic (name) VALUES ('made')`,
  )
  await write(
    undefined,
    `UPDATE topic SET retention = 120, tags = '{"of": "nobody"}' WHERE name = 'kept'`,
    `DELETE FROM topic WHERE name = 'made'`,
    `INSERT INTO topic (name) VALUES ('of nobody')`,
  )

  const left = await endTransactions(run)

  expect(left).toEqual([])
  expect([...run.excused].sort()).toEqual(['topic/1', 'topic/2', 'topic/3'])
  expect(run.interventions).toBeGreaterThan(0)
  expect(await run.lab.user.query('SELECT name, retention FROM topic ORDER BY id')).toEqual([
    { name: 'kept', retention: 90 },
    { name: 'made', retention: 345_600 },
  ])
})
