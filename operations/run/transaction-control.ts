/** BEGIN, COMMIT, SAVEPOINT and their kin: sent by the runner itself, never as the tenant wrote them. */
import type { TransactionStmt } from 'libpg-query'
import { IasqlError } from '#engine/model/error.ts'
import { baseTag } from '../statement/command-tag.ts'
import type { Statement } from '../statement/split-statements.ts'
import { commitTransaction } from './commit-transaction.ts'
import { isDatabaseGone } from './database-gone.ts'
import { keepSettings } from './keep-settings.ts'
import type { OpenRun, StatementMemory, TransactionBlock } from './open-run.ts'
import { newMemory, report, type StatementOutcome } from './run-statement.ts'
import { statementError } from './statement-error.ts'
import { beginTenantTransaction, type TransactionEnd } from './tenant-transaction.ts'
import { blockError, blockTransaction, failInBlock } from './transaction-block.ts'
import { transactionModes } from './transaction-modes.ts'

export async function runTransactionControl(
  run: OpenRun,
  statement: Statement,
  control: TransactionStmt,
): Promise<StatementOutcome> {
  const memory = newMemory(run)
  try {
    if (control.chain)
      throw new IasqlError('sql/unsupported', 'AND CHAIN is not supported', { hint: 'Write BEGIN again.' })
    await controls[control.kind ?? '']?.(run, statement, control, memory)
    return { kind: 'done' }
  } catch (error) {
    if (run.block)
      return failInBlock(run, error, { statement, text: statement.text, prefixLength: 0, memory })
    if (isDatabaseGone(error)) throw error
    const failed = { statement, text: statement.text, prefixLength: 0, memory }
    return { kind: 'failed', error: await statementError(run, error, failed) }
  }
}

const written: TransactionEnd = { xid: undefined, notices: [] }

type Control = (
  run: OpenRun,
  statement: Statement,
  control: TransactionStmt,
  memory: StatementMemory,
) => Promise<void>

const reportTag = (
  run: OpenRun,
  statement: Statement,
  memory: StatementMemory,
  tag: string,
  end = written,
): void => report(run, statement.index, { ...end, tag, rowCount: 0, events: [] }, memory)

const warned = (message: string): TransactionEnd => ({ xid: undefined, notices: [{ message, hint: null }] })

const begin: Control = async (run, statement, control, memory) => {
  const tag = baseTag(statement.node)
  if (run.block)
    return reportTag(run, statement, memory, tag, warned('there is already a transaction in progress'))
  const transaction = await beginTenantTransaction(run.ports, run.tenant, run.login)
  const base = {
    isAborted: false,
    isConfigured: false,
    local: {},
    kept: {},
    commands: [],
    savepoints: [],
    prepared: new Map(),
  }
  run.block = { transaction, ...base }
  const modes = transactionModes(control.options)
  if (modes) await transaction.command(`SET TRANSACTION ${modes}`)
  reportTag(run, statement, memory, tag)
}

const commit: Control = async (run, statement, control, memory) => {
  const { block } = run
  if (!block)
    return reportTag(run, statement, memory, 'COMMIT', warned('there is no transaction in progress'))
  if (block.isAborted) return rollback(run, statement, control, memory)
  run.block = undefined
  try {
    const end = await block.transaction.end()
    await commitTransaction(run, block.transaction, {
      statement: statement.index,
      tag: 'COMMIT',
      rowCount: 0,
      xid: end.xid,
      commands: block.commands,
    })
    reportTag(run, statement, memory, 'COMMIT', end)
  } catch (error) {
    await block.transaction.rollback().catch(() => undefined)
    throw error
  }
  if (Object.keys(block.kept).length > 0) await keepSettings(run, { ...run.settings, ...block.kept })
}

const rollback: Control = async (run, statement, _control, memory) => {
  const { block } = run
  if (!block)
    return reportTag(run, statement, memory, 'ROLLBACK', warned('there is no transaction in progress'))
  run.block = undefined
  await block.transaction.rollback().catch((error: unknown) => {
    if (isDatabaseGone(error)) throw error
  })
  reportTag(run, statement, memory, 'ROLLBACK')
}

const savepointName = ({ savepoint_name: name = '' }: TransactionStmt): string => {
  if (name.includes(':')) throw new IasqlError('sql/unsupported', 'a savepoint name may not contain a colon')
  return `"${name.replaceAll('"', '""')}"`
}

const inBlock = (run: OpenRun, what: string): TransactionBlock => {
  if (run.block) return run.block
  throw blockError(
    '25P01',
    `${what} can only be used in transaction blocks`,
    'Send BEGIN … COMMIT as one text.',
  )
}

const savepoint: Control = async (run, statement, control, memory) => {
  const block = inBlock(run, 'SAVEPOINT')
  const transaction = await blockTransaction(run, block)
  await transaction.command(`SAVEPOINT ${savepointName(control)}`)
  const { local, kept, commands } = block
  block.savepoints.push({ name: control.savepoint_name ?? '', local, kept, commands })
  reportTag(run, statement, memory, 'SAVEPOINT')
}

const newestSavepoint = ({ savepoints }: TransactionBlock, { savepoint_name }: TransactionStmt): number =>
  savepoints.findLastIndex(({ name }) => name === savepoint_name)

const release: Control = async (run, statement, control, memory) => {
  const block = inBlock(run, 'RELEASE SAVEPOINT')
  const transaction = await blockTransaction(run, block)
  await transaction.command(`RELEASE SAVEPOINT ${savepointName(control)}`)
  block.savepoints.splice(newestSavepoint(block, control))
  reportTag(run, statement, memory, 'RELEASE')
}

const rollbackTo: Control = async (run, statement, control, memory) => {
  const block = inBlock(run, 'ROLLBACK TO SAVEPOINT')
  await block.transaction.command(`ROLLBACK TO SAVEPOINT ${savepointName(control)}`)
  const place = newestSavepoint(block, control)
  const saved = block.savepoints[place]
  // The savepoint itself stays, those after it are gone.
  block.savepoints.splice(place + 1)
  block.local = saved?.local ?? {}
  block.kept = saved?.kept ?? {}
  block.commands = saved?.commands ?? []
  block.isAborted = false
  reportTag(run, statement, memory, 'ROLLBACK')
}

const controls: Readonly<Record<string, Control>> = {
  TRANS_STMT_BEGIN: begin,
  TRANS_STMT_START: begin,
  TRANS_STMT_COMMIT: commit,
  TRANS_STMT_ROLLBACK: rollback,
  TRANS_STMT_SAVEPOINT: savepoint,
  TRANS_STMT_RELEASE: release,
  TRANS_STMT_ROLLBACK_TO: rollbackTo,
}
