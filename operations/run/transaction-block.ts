/** BEGIN … COMMIT within one text: one transaction over its statements. */
import type { Node } from 'libpg-query'
import { IasqlError } from '#engine/model/error.ts'
import { baseTag } from '../statement/command-tag.ts'
import { schemaCommands } from '../statement/schema-command.ts'
import type { Statement } from '../statement/split-statements.ts'
import { isDatabaseGone } from './database-gone.ts'
import type { OpenRun, TransactionBlock } from './open-run.ts'
import { newMemory, produce, report, type StatementOutcome } from './run-statement.ts'
import { transactionSettings } from './session-settings.ts'
import { statementError } from './statement-error.ts'
import { prepareStatement } from './statement-text.ts'
import type { TenantTransaction } from './tenant-transaction.ts'

const aborted = 'current transaction is aborted, commands ignored until end of transaction block'

export const blockError = (sqlstate: string, message: string, hint: string): IasqlError =>
  new IasqlError('sql/unsupported', message, { sqlstate, hint })

/** @throws IasqlError 25P02 after a failed statement. */
export async function blockTransaction(run: OpenRun, block: TransactionBlock): Promise<TenantTransaction> {
  if (block.isAborted)
    throw blockError('25P02', aborted, 'End the block with ROLLBACK, or ROLLBACK TO a savepoint.')
  if (!block.isConfigured) {
    await block.transaction.configure(transactionSettings(run.tenant, run.runId, run.settings))
    block.isConfigured = true
  }
  return block.transaction
}

/** A statement between BEGIN and COMMIT: its result leaves at once, what it wrote counts with the COMMIT. */
export async function runInBlock(
  run: OpenRun,
  block: TransactionBlock,
  statement: Statement,
): Promise<StatementOutcome> {
  const memory = newMemory(run)
  const prepared = prepareStatement(run, statement, memory.context)
  try {
    const transaction = await blockTransaction(run, block)
    const progress = { hasSentRows: false }
    const tag = blockTag(block, statement.node)
    const produced = await produce(run, transaction, statement, { prepared, progress, tag, memory })
    block.commands = [...block.commands, ...schemaCommands(statement.index, statement.node)]
    report(run, statement.index, { ...produced, notices: [] }, memory)
    return { kind: 'done' }
  } catch (error) {
    return failInBlock(run, error, { ...prepared, statement, memory })
  }
}

export async function failInBlock(
  run: OpenRun,
  error: unknown,
  failed: Parameters<typeof statementError>[2],
): Promise<StatementOutcome> {
  if (isDatabaseGone(error)) throw error
  if (run.block) run.block.isAborted = true
  return { kind: 'failed', error: await statementError(run, error, failed) }
}

/** The tag of EXECUTE is that of the statement it executes. */
const blockTag = (block: TransactionBlock, node: Node): string => {
  if ('PrepareStmt' in node && node.PrepareStmt.query) {
    block.prepared.set(node.PrepareStmt.name ?? '', baseTag(node.PrepareStmt.query))
  }
  if ('ExecuteStmt' in node) return block.prepared.get(node.ExecuteStmt.name ?? '') ?? 'EXECUTE'
  return baseTag(node)
}

/** A block that is still open when the run ends, or stops at an error, is rolled back. */
export async function abandonBlock(run: OpenRun): Promise<void> {
  const { block } = run
  run.block = undefined
  await block?.transaction.rollback().catch((error: unknown) => {
    run.ports.log('debug', 'a block was gone before its rollback', { error })
  })
}
