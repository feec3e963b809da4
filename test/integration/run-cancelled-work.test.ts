/** A cancel reaches what a run has set in motion, whenever it comes. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { Session } from '#operations/connection/session.ts'
import { createExecution } from '#operations/execution/create-execution.ts'
import type { RpcCall } from '#operations/rpc/catalogue.ts'
import { storeRpcResult } from '#operations/rpc/results.ts'
import { acceptRun } from '#operations/run/accept-run.ts'
import { cancelRun } from '#operations/run/cancel-run.ts'
import { executeStatements } from '#operations/run/execute-statements.ts'
import { fenceRun } from '#postgres/statements/run-recover.ts'
import { openRunLab, type RunLab } from '../support/run-lab.ts'

let lab: RunLab
let session: Session
/** What happens while the function is answered, before its execution is stored. */
let before: (runId: string) => Promise<unknown>
/** And after that. */
let after: (call: RpcCall) => Promise<unknown>

const executionOf = async (runId: string) =>
  (
    await lab.db.platform.query<{ cancelled: boolean }>(
      `SELECT cancel_requested AS cancelled FROM ${lab.tenant.schema}.iasql_execution_record
       WHERE run_id = :runId::uuid`,
      { runId },
    )
  )[0]

const begin = async (sql: string): Promise<string> => {
  const runId = randomUUID()
  lab.isPaused = true
  await acceptRun(lab.ports, session, { runId, sql })
  return runId
}

const step = (runId: string) =>
  executeStatements(lab.ports, { tenantId: lab.tenant.id, runId }, lab.catalogue)

beforeAll(async () => {
  lab = await openRunLab()
  session = await lab.session()
  await lab.offer({
    name: 'slow_work',
    module: 'iasql',
    kind: 'engine',
    role: 'viewer',
    arguments: [],
    columns: [{ name: 'n', type: 'int' }],
    description: 'Works for long.',
    sampleUsage: 'SELECT * FROM slow_work()',
    changesCloud: true,
    answer: async (ports, call) => {
      await before(call.runId)
      const { tenant, name: rpc, actor, runId, statement, context, runner } = call
      const asked = { kind: 'apply', rpc, arguments: [], actor, runId, statement, context } as const
      const executionId = await createExecution(ports, tenant, { ...asked, runner })
      await after(call)
      return { kind: 'execution', executionId }
    },
  })
})

afterEach(() => {
  lab.isPaused = false
})

afterAll(async () => {
  await lab?.close()
})

test('a cancel between the call of a function and the start of its execution is not lost', async () => {
  before = (runId) => cancelRun(lab.ports, session, { runId })
  after = async () => {}
  const runId = await begin('SELECT * FROM slow_work()')

  expect(await step(runId)).toMatchObject({ next: 'execution' })
  expect(await executionOf(runId)).toEqual({ cancelled: true })
})

test('a runner that has lost its run starts no execution', async () => {
  before = (runId) => fenceRun(lab.db.platform, lab.tenant, runId)
  after = async () => {}
  const runId = await begin('SELECT * FROM slow_work()')

  expect(await step(runId)).toEqual({ next: 'done' })
  expect(await executionOf(runId)).toBeUndefined()
})

test('a run that is cancelled while its execution works ends cancelled', async () => {
  before = async () => {}
  after = async ({ context, name, runId }) => {
    await cancelRun(lab.ports, session, { runId })
    const error = new IasqlError('apply/cancelled', 'cancelled after 1 of 3 changes')
    await storeRpcResult(lab.db.platform, lab.tenant, { context, name, arguments: [], error })
  }
  const runId = await begin('SELECT * FROM slow_work(); SELECT 2')
  await step(runId)
  await lab.db.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_execution_record SET state = 'cancelled', ended_at = now()
     WHERE run_id = :runId::uuid`,
    { runId },
  )
  await step(runId)
  const result = await lab.finished(runId)

  expect(result.state).toBe('cancelled')
  expect(result.statements).toHaveLength(1)
  expect(result.statements[0]?.error).toMatchObject({ code: 'apply/cancelled', sqlstate: 'IQ006' })
})
