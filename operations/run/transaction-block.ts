/** BEGIN … COMMIT within one text: one transaction over its statements, its control statements sent by the runner itself. */
import type { Node, TransactionStmt } from 'libpg-query'
import { IasqlError } from '#engine/model/error.ts'
import { saveRunSettings } from '#postgres/statements/run-settings.ts'
import { wireError } from '../connection/wire-error.ts'
import { baseTag } from '../statement/command-tag.ts'
import type { Statement } from '../statement/split-statements.ts'
import type { StatementMemory } from './answer-fault.ts'
import { commitTransaction } from './commit-transaction.ts'
import type { OpenRun } from './open-run.ts'
import { newMemory, produce, report, type StatementOutcome } from './run-statement.ts'
import { type Settings, transactionSettings } from './session-settings.ts'
import { isDatabaseGone, statementError } from './statement-error.ts'
import { prepareStatement } from './statement-text.ts'
import { beginTenantTransaction, type TenantTransaction, type TransactionEnd } from './tenant-transaction.ts'
import { transactionModes } from './transaction-modes.ts'

export interface TransactionBlock {
  readonly transaction: TenantTransaction
  /** A statement failed: PostgreSQL ignores everything until the end of the block. */
  isAborted: boolean
  /** The settings of the run are in force; not before SET TRANSACTION, which must come first. */
  isConfigured: boolean
  /** Set within the block, and what of it stays when it commits. */
  local: Settings
  kept: Settings
  /** Settings at each savepoint, for ROLLBACK TO. */
  readonly savepoints: { readonly name: string; readonly local: Settings; readonly kept: Settings }[]
  /** Tags of what PREPARE has prepared. */
  readonly prepared: Map<string, string>
}

const written: TransactionEnd = { xid: undefined, notices: [] }
const aborted = 'current transaction is aborted, commands ignored until end of transaction block'

const blockError = (sqlstate: string, message: string, hint: string): IasqlError =>
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
    const produced = await produce(run, transaction, statement, { prepared, progress, tag })
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

/** BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin. */
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
    })
    reportTag(run, statement, memory, 'COMMIT', end)
  } catch (error) {
    await block.transaction.rollback().catch(() => undefined)
    throw error
  }
  if (Object.keys(block.kept).length > 0) await keepSettings(run, { ...run.settings, ...block.kept })
}

export async function keepSettings(run: OpenRun, settings: Settings): Promise<void> {
  run.settings = settings
  const { ports, tenant, runId, claimed } = run
  await saveRunSettings(ports.platform, tenant, { runId, connectionId: claimed.connection_id, settings })
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
  block.savepoints.push({ name: control.savepoint_name ?? '', local: block.local, kept: block.kept })
  reportTag(run, statement, memory, 'SAVEPOINT')
}

const release: Control = async (run, statement, control, memory) => {
  const transaction = await blockTransaction(run, inBlock(run, 'RELEASE SAVEPOINT'))
  await transaction.command(`RELEASE SAVEPOINT ${savepointName(control)}`)
  reportTag(run, statement, memory, 'RELEASE')
}

const rollbackTo: Control = async (run, statement, control, memory) => {
  const block = inBlock(run, 'ROLLBACK TO SAVEPOINT')
  await block.transaction.command(`ROLLBACK TO SAVEPOINT ${savepointName(control)}`)
  const saved = block.savepoints.findLast(({ name }) => name === control.savepoint_name)
  block.local = saved?.local ?? {}
  block.kept = saved?.kept ?? {}
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

/** A block that is still open when the run ends, or stops at an error, is rolled back. */
export async function abandonBlock(run: OpenRun): Promise<void> {
  const { block } = run
  run.block = undefined
  await block?.transaction.rollback().catch((error: unknown) => {
    run.ports.log('debug', 'a block was gone before its rollback', {
      error: wireError(error, () => undefined),
    })
  })
}
