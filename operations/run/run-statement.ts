/** One statement as one transaction, run again for as long as it meets functions that want to be answered. */
import { randomUUID } from 'node:crypto'
import { deleteRpcResults } from '#postgres/statements/rpc-result.ts'
import { deleteRunPages } from '#postgres/statements/run-page.ts'
import type { RunEvent, WireError } from '#websocket/messages.ts'
import { baseTag, commandTag } from '../statement/command-tag.ts'
import { schemaCommands } from '../statement/schema-command.ts'
import type { Statement } from '../statement/split-statements.ts'
import { statementForm } from '../statement/statement-form.ts'
import { answerFault, faultOf } from './answer-fault.ts'
import { commitTransaction } from './commit-transaction.ts'
import { completeCalls } from './complete-calls.ts'
import { isDatabaseGone } from './database-gone.ts'
import type { OpenRun, StatementMemory } from './open-run.ts'
import type { Produced } from './produced.ts'
import { readRows } from './read-rows.ts'
import { statementError } from './statement-error.ts'
import { type PreparedStatement, prepareStatement } from './statement-text.ts'
import { beginTenantTransaction, type TenantTransaction } from './tenant-transaction.ts'

export type StatementOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: WireError }
  | { readonly kind: 'execution'; readonly executionId: string; readonly memory: StatementMemory }

interface Progress {
  hasSentRows: boolean
}

interface Attempted {
  readonly prepared: PreparedStatement
  readonly progress: Progress
  readonly memory: StatementMemory
}

/** Runs a statement within a transaction, up to but without the commit. */
export async function produce(
  run: OpenRun,
  transaction: TenantTransaction,
  statement: Statement,
  { prepared, progress, tag: base, memory }: Attempted & { readonly tag?: string },
): Promise<Produced> {
  const form = statementForm(statement.node)
  const tag = base ?? baseTag(statement.node)
  if (form.kind === 'rows') await transaction.open(prepared)
  else {
    const executed =
      form.kind === 'either' ? await transaction.openOrExecute(prepared) : await transaction.execute(prepared)
    if (executed.affected !== undefined) {
      return { ...executed, tag: commandTag(tag, executed.affected), rowCount: executed.affected, events: [] }
    }
  }
  const holds = form.kind !== 'rows' || form.holds
  const sent = () => {
    progress.hasSentRows = true
  }
  const { once } = memory
  const read = await readRows(run, transaction, {
    statement: statement.index,
    holds,
    sent,
    ...(once ? { once } : {}),
  })
  return { ...read, tag: commandTag(tag, read.rowCount) }
}

/** What the client is told once the statement counts. */
export function report(run: OpenRun, statement: number, produced: Produced, memory: StatementMemory): void {
  const notices = [...memory.notices.map((message) => ({ message, hint: null })), ...produced.notices].map(
    ({ message, hint }): RunEvent => ({ type: 'notice', statement, message, ...(hint ? { hint } : {}) }),
  )
  const { tag, rowCount, cursor, isTruncated } = produced
  run.log.addEncoded(produced.events)
  run.log.add(...notices, {
    type: 'complete',
    statement,
    tag,
    rowCount,
    durationMs: Math.round(run.ports.clock.now().getTime() - memory.startedAtMs),
    ...(isTruncated ? { truncated: true } : {}),
    ...(cursor === undefined ? {} : { cursor }),
  })
}

export const newMemory = (run: OpenRun): StatementMemory => ({
  context: randomUUID(),
  startedAtMs: run.ports.clock.now().getTime(),
  answered: [],
  effects: [],
  notices: [],
})

async function attempt(run: OpenRun, statement: Statement, attempted: Attempted): Promise<void> {
  const transaction = await beginTenantTransaction(run.ports, run.tenant, run.login)
  try {
    const produced = await produce(run, transaction, statement, attempted)
    const { memory } = attempted
    if (memory.toComplete) {
      await completeCalls(run, transaction, { statement: statement.index, memory, produced })
    } else {
      const { tag, rowCount, xid } = produced
      const commands = schemaCommands(statement.index, statement.node)
      await commitTransaction(run, transaction, { statement: statement.index, tag, rowCount, xid, commands })
    }
    report(run, statement.index, produced, memory)
  } catch (error) {
    await transaction.rollback().catch(() => undefined)
    throw error
  }
}

/** Rows that were sent, or kept as pages, for an attempt that does not count. */
async function voidRows(run: OpenRun, statement: number, progress: Progress): Promise<void> {
  if (run.claimed.options.maxRows !== undefined) {
    await deleteRunPages(run.ports.platform, run.tenant, run.runId, statement)
  }
  if (!progress.hasSentRows) return
  progress.hasSentRows = false
  run.log.add({ type: 'reset', statement })
  await run.log.flush()
}

async function untilDone(
  run: OpenRun,
  statement: Statement,
  memory: StatementMemory,
): Promise<StatementOutcome> {
  const progress = { hasSentRows: false }
  const prepared = prepareStatement(run, statement, memory.context)
  for (;;) {
    try {
      await attempt(run, statement, { prepared, progress, memory })
      return { kind: 'done' }
    } catch (error) {
      try {
        const fault = faultOf(error)
        if (!fault) throw error
        await voidRows(run, statement.index, progress)
        const outcome = await answerFault(run, statement, memory, fault)
        if (outcome.kind === 'execution') return { ...outcome, memory }
      } catch (failure) {
        if (isDatabaseGone(failure)) throw failure
        return {
          kind: 'failed',
          error: await statementError(run, failure, { ...prepared, statement, memory }),
        }
      }
    }
  }
}

/** @throws when the database is gone, or the run is not this runner's any more. */
export async function runStatement(run: OpenRun, statement: Statement): Promise<StatementOutcome> {
  const memory = run.memory ?? newMemory(run)
  run.memory = undefined
  const outcome = await untilDone(run, statement, memory)
  // Of a statement that failed, the result of what it did in the cloud is kept: its error names it.
  const isOver = outcome.kind === 'done' || (outcome.kind === 'failed' && memory.effects.length === 0)
  if (isOver && memory.answered.length > 0) {
    await deleteRpcResults(run.ports.platform, run.tenant, memory.context)
  }
  return outcome
}
