/** The progress of an execution is numbered without gaps, whoever writes it, and a server's end holds up no other. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appendExecutionEvents, appendRunEvents } from '#operations/events/append-events.ts'
import { createExecution } from '#operations/execution/create-execution.ts'
import type { ExecutionContext } from '#operations/execution/execution-context.ts'
import { finishExecution } from '#operations/execution/finish-execution.ts'
import { takeExecution } from '#operations/execution/hand-over.ts'
import type { Connections, Ports } from '#operations/ports.ts'
import { acceptRun } from '#operations/run/accept-run.ts'
import { Life } from '../support/life.ts'
import { openRunLab, type RunLab } from '../support/run-lab.ts'

let lab: RunLab

beforeAll(async () => {
  lab = await openRunLab()
})

afterAll(async () => {
  await lab?.close()
})

const eventsOf = (executionId: string) =>
  lab.db.platform.query<{ seq: number; kind: string }>(
    `SELECT seq, kind FROM ${lab.tenant.schema}.iasql_event WHERE execution_id = :executionId::bigint ORDER BY seq`,
    { executionId },
  )

const create = () =>
  createExecution(lab.ports, lab.tenant, { kind: 'apply', rpc: 'x', arguments: [], actor: 'ann' })

test('events that two invocations store at once are all there', async () => {
  const id = await create()
  const batch = Array.from({ length: 100 }, (_, n) => ({ kind: 'progress', body: { n } }))

  await Promise.all(Array.from({ length: 20 }, () => appendExecutionEvents(lab.ports, lab.tenant, id, batch)))

  expect((await eventsOf(id)).map(({ seq }) => seq)).toEqual(Array.from({ length: 2_000 }, (_, n) => n + 1))
})

test('the last event is stored with the end, or neither is', async () => {
  const { ports, tenant } = lab
  const id = await create()
  const execution = await takeExecution(ports, tenant, id)
  const context = { ports, tenant, execution } as ExecutionContext
  const result = { kind: 'ended', state: 'succeeded', done: 1, failed: 0, total: 1, rows: [] } as const
  await lab.asOwner(
    `ALTER TABLE ${tenant.schema}.iasql_event ADD CONSTRAINT full_disk CHECK (kind <> 'ended')`,
  )

  await expect(finishExecution(context, result)).rejects.toThrow()
  await lab.asOwner(`ALTER TABLE ${tenant.schema}.iasql_event DROP CONSTRAINT full_disk`)
  await finishExecution(context, result)

  expect(await eventsOf(id)).toEqual([{ seq: 1, kind: 'ended' }])
})

/** A server of its own on the database of the lab, which may come to an end. */
const serverOn = (life: Life, connections: Connections): Ports => ({
  ...lab.ports,
  platform: life.mortal(lab.ports.platform),
  connections,
})

test('a message that a server did not live to deal with holds up none of those of the next server', async () => {
  lab.isPaused = true
  const runId = randomUUID()
  await acceptRun(lab.ports, await lab.session(), { runId, sql: 'SELECT 1', options: {} })
  const life = new Life()
  const { promise: died, resolve: die } = Promise.withResolvers<void>()
  const dead = serverOn(life, {
    post: async () => {
      life.isOver = true
      die()
      return 'gone'
    },
  })
  const next = serverOn(new Life(), { post: lab.ports.connections.post })
  const progress = (message: string) => [{ type: 'notice', statement: 0, message }] as const

  void appendRunEvents(dead, lab.tenant, runId, progress('lost'))
  await died
  await appendRunEvents(next, lab.tenant, runId, progress('heard'))

  const heard = lab.posted.filter((message) => message.runId === runId && message.type === 'notice')
  expect(heard.map(({ message }) => message)).toEqual(['heard'])
})
