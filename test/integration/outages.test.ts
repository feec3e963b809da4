import { randomUUID } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { until } from '../support/host.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'
import { startTestMoto } from '../support/moto.ts'

let host: LiveHost

afterEach(() => host?.stop())

test('says so when AWS is not there, and the same apply works when it is back', async () => {
  host = await startLiveHost()
  await host.client.run("SELECT * FROM iasql_install('aws_sqs'); INSERT INTO queue (name) VALUES ('jobs')")
  const port = Number(new URL(host.moto.endpoint).port)
  await host.moto.stop()

  const during = await host.client.run('SELECT * FROM iasql_sync()')
  const moto = await startTestMoto(port)
  const after = await host.client.run(
    'SELECT action FROM iasql_apply(); SELECT count(*) FROM iasql_preview()',
  )
  await moto.stop()

  expect(during.statements[0]?.error?.message).toMatch(/connect|reach|ECONNREFUSED/i)
  expect(during.statements[0]?.error?.hint).toBeTruthy()
  expect(after.statements.map((statement) => statement.rows)).toEqual([[['create']], [['0']]])
})

test('says so when the database goes away in the middle of a run, and works again when it is back', async () => {
  host = await startLiveHost()
  const runId = randomUUID()

  host.client.send({ action: 'run', runId, sql: "SELECT pg_sleep(20); SELECT 'never'" })
  await host.client.until((message) => message.runId === runId && message.type === 'accepted')
  await until(async () => {
    const running = "SELECT 1 FROM pg_stat_activity WHERE application_name = :name AND state = 'active'"
    return (await host.database.platform.query(running, { name: `iasql ${runId}` })).length > 0
  })
  await host.database.platform.query(
    'SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE usename LIKE :writer AND pid <> pg_backend_pid()',
    { writer: 't%writer' },
  )
  const cut = await host.client.finished(runId)
  const after = await host.client.run('SELECT 1 AS one')

  expect(['failed', 'interrupted']).toContain(cut.state)
  expect(cut.statements[0]?.error?.message).toBeTruthy()
  expect(after.statements[0]?.rows).toEqual([['1']])
})
