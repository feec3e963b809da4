/**
 * The work that a statement asks for by what it reads: done when its own transaction is over, which has written nothing,
 * in another one that also stores that the statement counts. So neither waits inside the tenant's transaction, and what
 * the client hears is true after a crash too.
 */
import { IasqlError } from '#engine/model/error.ts'
import { insertCommit, ownTransactionId } from '#postgres/statements/run-commit.ts'
import { callOf } from './answer-fault.ts'
import type { OpenRun, StatementMemory } from './open-run.ts'
import type { Produced } from './produced.ts'
import type { TenantTransaction } from './tenant-transaction.ts'

/** @throws what is refused now; then nothing is done. */
export async function completeCalls(
  run: OpenRun,
  transaction: TenantTransaction,
  { statement, memory, produced }: CompletedStatement,
): Promise<void> {
  const [first, ...more] = memory.toComplete ?? []
  if (!first) return
  if (produced.xid !== undefined) throw writes(first.name)
  await transaction.commit()
  const { ports, tenant, runId, claimed } = run
  const { tag, rowCount } = produced
  const calls = [first, ...more].map((fault) => callOf(run, statement, memory.context, fault))
  const notices = await run.catalogue.complete?.(ports, calls, async (completing) => {
    const { fence, actor } = claimed
    const xid = await ownTransactionId(completing)
    const commit = { xid, actor, runId, fence, statement, tag, rowCount, commands: null }
    if (await insertCommit(completing, tenant, commit)) return
    throw new IasqlError('system/internal', `run ${runId} was taken over before its commit`)
  })
  memory.notices.push(...(notices ?? []))
}

interface CompletedStatement {
  readonly statement: number
  readonly memory: StatementMemory
  readonly produced: Produced
}

const writes = (name: string): IasqlError =>
  new IasqlError('sql/unsupported', `${name}() cannot be called by a statement that writes`, {
    hint: 'Run it in a SELECT of its own, without FOR UPDATE.',
  })
