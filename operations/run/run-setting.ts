/** SET and RESET: kept for the connection and put before every later statement, since each has a transaction of its own. */
import type { VariableSetStmt } from 'libpg-query'
import { IasqlError } from '#engine/model/error.ts'
import { baseTag } from '../statement/command-tag.ts'
import { scanTokens } from '../statement/scan-tokens.ts'
import type { Statement } from '../statement/split-statements.ts'
import { keepSettings } from './keep-settings.ts'
import type { OpenRun, StatementMemory, TransactionBlock } from './open-run.ts'
import { newMemory, report, type StatementOutcome } from './run-statement.ts'
import {
  changeableSettings,
  isOwnSearchPath,
  type Settings,
  transactionSettings,
} from './session-settings.ts'
import { statementError } from './statement-error.ts'
import { beginTenantTransaction } from './tenant-transaction.ts'
import { blockTransaction, failInBlock } from './transaction-block.ts'
import { transactionModes } from './transaction-modes.ts'

interface LocalText {
  readonly text: string
  readonly prefixLength: number
}

/** `SET [SESSION | LOCAL] x …` as `SET LOCAL x …`: nothing may outlive the transaction in the database's session. */
const localText = ({ text }: Statement): LocalText => {
  const [, second, third] = scanTokens(text)
  const isScoped = /^(session|local)$/i.test(second?.text ?? '')
  const start = (isScoped ? third?.start : second?.start) ?? 0
  const prefix = 'SET LOCAL '
  return { text: `${prefix}${text.slice(start)}`, prefixLength: prefix.length - start }
}

const names = [...changeableSettings].join(', ')

const checkName = (name: string): void => {
  if (changeableSettings.has(name)) return
  const hint =
    name === 'application_name'
      ? 'It names the run, so that the run can be cancelled.'
      : `For the connection you may set ${names}; others by SET LOCAL inside BEGIN … COMMIT.`
  throw new IasqlError('sql/refused', `setting "${name}" belongs to the server`, { hint })
}

/** The value as PostgreSQL understands it; `undefined` takes a setting back to its default. */
const checkPath = (run: OpenRun, name: string, value: string | undefined): void => {
  if (name !== 'search_path' || value === undefined || isOwnSearchPath(run.tenant, value)) return
  const { schema, userSchema } = run.tenant
  throw new IasqlError('sql/refused', 'the search path may hold your own schemas only', {
    hint: `They are ${schema} and ${userSchema}.`,
  })
}

const without = (settings: Settings, name: string): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => key !== name))

/** Tries the value in a transaction that is rolled back: PostgreSQL itself checks and spells it. */
async function tryValue(run: OpenRun, text: string, name: string): Promise<string> {
  const transaction = await beginTenantTransaction(run.ports, run.tenant, run.login)
  try {
    const settings = transactionSettings(run.tenant, run.runId, run.settings)
    const { setting = '' } = await transaction.execute({ text, settings, checks: [] }, name)
    return setting
  } finally {
    await transaction.rollback().catch(() => undefined)
  }
}

async function setForConnection(run: OpenRun, statement: Statement, set: VariableSetStmt): Promise<void> {
  if (set.kind === 'VAR_RESET_ALL') return keepSettings(run, {})
  const name = (set.name ?? '').toLowerCase()
  checkName(name)
  if (set.kind !== 'VAR_SET_VALUE') return keepSettings(run, without(run.settings, name))
  const value = await tryValue(run, localText(statement).text, name)
  checkPath(run, name, value)
  await keepSettings(run, { ...run.settings, [name]: value })
}

async function setInBlock(
  run: OpenRun,
  block: TransactionBlock,
  statement: Statement,
  set: VariableSetStmt,
): Promise<void> {
  const name = (set.name ?? '').toLowerCase()
  if (set.kind === 'VAR_SET_MULTI' && name === 'transaction') {
    return block.transaction.command(`SET TRANSACTION ${transactionModes(set.args)}`)
  }
  if (!set.is_local || name === 'application_name') checkName(name)
  const transaction = await blockTransaction(run, block)
  if (set.kind !== 'VAR_SET_VALUE') {
    const value = transactionSettings(run.tenant, run.runId, {})[name] ?? ''
    await transaction.configure({ [name]: value })
    block.local = { ...block.local, [name]: value }
    if (!set.is_local) block.kept = { ...block.kept, [name]: value }
    return
  }
  const { setting = '' } = await transaction.execute(
    { text: localText(statement).text, settings: {}, checks: [] },
    name,
  )
  checkPath(run, name, setting)
  block.local = { ...block.local, [name]: setting }
  if (!set.is_local) block.kept = { ...block.kept, [name]: setting }
}

const outsideBlock = 'can only be used in transaction blocks'

async function apply(
  run: OpenRun,
  statement: Statement,
  set: VariableSetStmt,
  memory: StatementMemory,
): Promise<void> {
  if (set.kind === 'VAR_SET_MULTI' && set.name !== 'TRANSACTION') checkName((set.name ?? '').toLowerCase())
  if (run.block) return setInBlock(run, run.block, statement, set)
  if (set.kind === 'VAR_SET_MULTI') memory.notices.push(`SET TRANSACTION ${outsideBlock}`)
  else if (set.is_local) memory.notices.push(`SET LOCAL ${outsideBlock}`)
  else await setForConnection(run, statement, set)
}

export async function runSetting(
  run: OpenRun,
  statement: Statement,
  set: VariableSetStmt,
): Promise<StatementOutcome> {
  const memory = newMemory(run)
  try {
    await apply(run, statement, set, memory)
  } catch (error) {
    const failed = { statement, memory, ...localText(statement) }
    if (run.block) return failInBlock(run, error, failed)
    return { kind: 'failed', error: await statementError(run, error, failed) }
  }
  const tag = baseTag(statement.node)
  report(run, statement.index, { tag, rowCount: 0, events: [], xid: undefined, notices: [] }, memory)
  return { kind: 'done' }
}
