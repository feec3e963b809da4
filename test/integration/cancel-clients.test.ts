/** A cancel from anywhere: another client's SQL, or the message of the socket that runs the statement. */
import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { replaceToken } from '#postgres/statements/token-replace.ts'
import { BareClient } from '#test/support/bare-client.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { until } from '#test/support/host.ts'
import { type LiveHost, startLiveHost } from '#test/support/live-host.ts'

let host: LiveHost
let bob: BareClient
const cloud = gatedCloud()

const clientAs = async (name: string, role: 'viewer' | 'operator'): Promise<BareClient> => {
  const { platform } = host.database
  const [tenant] = await platform.query<{ id: string }>('SELECT tenant_id AS id FROM iasql_platform.tenant')
  const token = randomUUID()
  const tokenHash = createHash('sha256').update(token).digest('hex')
  await replaceToken(platform, { tenantId: tenant?.id ?? '', name, role, tokenHash })
  return await BareClient.open(host.serving.url, token)
}

beforeAll(async () => {
  host = await startLiveHost({ wrapCloud: cloud.wrap })
  await host.client.run("SELECT * FROM iasql_install('aws_sqs')")
  bob = await clientAs('bob', 'operator')
})
afterAll(async () => {
  bob.close()
  await host.stop()
})

/** An apply of somebody else that is held in its first call. */
const applying = async (name: string) => {
  const held = cloud.hold(
    'request',
    ({ operation, text }) => operation === 'CreateQueue' && text.includes(name),
  )
  await host.client.run(`INSERT INTO queue (name) VALUES ('${name}')`)
  const runId = randomUUID()
  host.client.send({ action: 'run', runId, sql: 'SELECT * FROM iasql_apply(); SELECT 2' })
  await held.arrived()
  const open = await bob.run('SELECT execution_id FROM iasql_execution WHERE ended_at IS NULL')
  return { held, runId, executionId: open.statements[0]?.rows[0]?.[0] }
}

const isHeard = (executionId: string | null | undefined) => async (): Promise<boolean> => {
  const heard = await bob.run(
    `SELECT cancel_requested FROM iasql_execution WHERE execution_id = ${executionId}`,
  )
  return heard.statements[0]?.rows[0]?.[0] === 't'
}

test('iasql_cancel ends the apply of another client, whose statement gets the reason', async () => {
  const { held, runId, executionId } = await applying('by-sql')

  const answer = await bob.run(`SELECT * FROM iasql_cancel(${executionId})`)
  held.release()
  const result = await host.client.finished(runId)

  expect(answer.statements[0]?.rows).toEqual([[executionId, 'running']])
  // What was in flight may have been all there was to do.
  const [statement] = result.statements
  const made = await bob.run("SELECT url IS NOT NULL FROM queue WHERE name = 'by-sql'")
  expect(made.statements[0]?.rows).toEqual([['t']])
  expect(statement?.error?.sqlstate ?? 'none').toBe(result.state === 'succeeded' ? 'none' : 'IQ006')
  expect((await bob.run('SELECT * FROM iasql_preview()')).statements[0]?.rows).toEqual([])
})

test('iasql_cancel ends an apply that waits for the rows of another', async () => {
  const { held, runId } = await applying('awaited')
  const waiting = randomUUID()
  const third = await BareClient.open(host.serving.url, host.token)
  await bob.run("UPDATE queue SET delay_seconds = 5 WHERE name = 'awaited'")
  third.send({ action: 'run', runId: waiting, sql: 'SELECT * FROM iasql_apply()' })
  await third.until(({ type, state }) => type === 'progress' && state === 'waiting')
  const open = await bob.run(
    'SELECT execution_id FROM iasql_execution WHERE ended_at IS NULL ORDER BY execution_id DESC LIMIT 1',
  )

  await bob.run(`SELECT * FROM iasql_cancel(${open.statements[0]?.rows[0]?.[0]})`)
  const cancelled = await third.finished(waiting)
  held.release()
  third.close()

  expect(cancelled.statements[0]?.error).toMatchObject({ code: 'apply/cancelled', sqlstate: 'IQ006' })
  expect((await host.client.finished(runId)).state).toBe('succeeded')
  expect((await bob.run('SELECT * FROM iasql_apply()')).state).toBe('succeeded')
})

test('the cancel message of the socket ends the run with its apply', async () => {
  const { held, runId, executionId } = await applying('by-message')

  host.client.send({ action: 'cancel', runId })
  await until(isHeard(executionId))
  held.release()
  const result = await host.client.finished(runId)

  expect(result.state).toBe('cancelled')
  const queue = await bob.run("SELECT url IS NOT NULL FROM queue WHERE name = 'by-message'")
  expect(queue.statements[0]?.rows).toEqual([['t']])
  expect((await bob.run('SELECT * FROM iasql_preview()')).statements[0]?.rows).toEqual([])
})

test('who may only look cancels nothing', async () => {
  const { held, runId, executionId } = await applying('not-allowed')
  const viewer = await clientAs('eve', 'viewer')

  const refused = await viewer.run(`SELECT * FROM iasql_cancel(${executionId})`)
  viewer.close()
  held.release()

  expect(refused.statements[0]?.error).toMatchObject({ code: 'auth/role' })
  expect((await host.client.finished(runId)).state).toBe('succeeded')
})
