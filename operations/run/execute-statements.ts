/** One invocation's worth of a run: its statements in order, until they end, wait for an execution, or time is up. */
import { IasqlError } from '#engine/model/error.ts'
import { isExecutionOpen } from '#postgres/statements/execution-open.ts'
import { claimRun, handOverRun } from '#postgres/statements/run-claim.ts'
import { readRunParts } from '#postgres/statements/run-part.ts'
import type { FoundTenant } from '#postgres/statements/tenant-find.ts'
import { findSize } from '#postgres/statements/tenant-usage.ts'
import type { RunState } from '#websocket/messages.ts'
import { wireError } from '../connection/wire-error.ts'
import type { Ports } from '../ports.ts'
import type { RpcCatalogue } from '../rpc/catalogue.ts'
import { engineCatalogue } from '../rpc/engine-catalogue.ts'
import { refuseStatement } from '../statement/refuse-statement.ts'
import { type Statement, splitStatements } from '../statement/split-statements.ts'
import { atTenant } from '../tenant/cell.ts'
import { interruptRun } from './interrupt-run.ts'
import { keepRun } from './keep-run.ts'
import type { OpenRun, StatementMemory } from './open-run.ts'
import { refuseExplained } from './refuse-explained.ts'
import { refuseGrowth } from './refuse-growth.ts'
import { openRunLog } from './run-log.ts'
import { runSetting } from './run-setting.ts'
import { runStatement, type StatementOutcome } from './run-statement.ts'
import { refuseKeptCalls } from './secret-arguments.ts'
import type { Settings } from './session-settings.ts'
import { startNextRuns } from './start-next.ts'
import { abandonBlock, runInBlock } from './transaction-block.ts'
import { runTransactionControl } from './transaction-control.ts'

export type NextStep =
  | { readonly next: 'done' }
  | ({ readonly next: 'again' } & HandedOver)
  | ({ readonly next: 'execution'; readonly executionId: string } & HandedOver)

/** `fence`: the number of the invocation that hands the run over, one more each time. */
interface HandedOver {
  readonly fence: number
}

interface Waiting {
  readonly executionId: string
  readonly memory: StatementMemory
}

export interface RunInput {
  readonly tenantId: string
  readonly runId: string
}

const done: NextStep = { next: 'done' }
const cancelled = new IasqlError('sql/cancelled', 'canceling statement due to user request')

/** Does nothing when another invocation has the run, or had it, or when enough of the tenant's are at work. */
export async function executeStatements(
  whole: Ports,
  { tenantId, runId }: RunInput,
  catalogue: RpcCatalogue = engineCatalogue,
): Promise<NextStep> {
  const startedMs = whole.clock.now().getTime()
  const { ports, tenant } = await atTenant(whole, tenantId)
  const run = await claim(ports, tenant, runId, catalogue)
  if (!run) return done
  const heartbeat = keepRun(run)
  const place = { statement: run.claimed.next_statement }
  try {
    return await execute(run, place, startedMs + ports.defaults.budgetMs)
  } catch (error) {
    await interruptRun(run, place.statement, error)
    return done
  } finally {
    heartbeat.stop()
    await startNextRuns(ports, tenant)
    await run.announced
  }
}

async function claim(
  ports: Ports,
  tenant: FoundTenant,
  runId: string,
  catalogue: RpcCatalogue,
): Promise<OpenRun | undefined> {
  const [claimed, size] = await Promise.all([
    claimRun(ports.platform, tenant, runId),
    findSize(ports.platform, tenant.id),
  ])
  if (!claimed) return undefined
  const { fence, cancel_requested: isCancelled } = claimed
  return {
    ports,
    tenant,
    catalogue,
    runId,
    claimed,
    login: claimed.role === 'viewer' ? tenant.reader : tenant.writer,
    // One that was accepted in the very moment in which the tenant was suspended.
    log: openRunLog(ports, tenant, { runId, fence, isCancelled: isCancelled || tenant.state !== 'active' }),
    settings: claimed.settings as Settings,
    block: undefined,
    announced: Promise.resolve(),
    memory: (claimed.memory ?? undefined) as StatementMemory | undefined,
    isFull: size !== undefined && size.bytes >= size.quota,
  }
}

async function readStatements({ ports, tenant, runId }: OpenRun): Promise<readonly Statement[]> {
  const parts = await readRunParts(ports.platform, tenant, runId)
  const texts = await Promise.all(parts.map((part) => ports.cipher.decrypt(part)))
  const split = await splitStatements(texts.join(''))
  if (split.kind === 'error') throw split.error
  return split.statements
}

async function execute(run: OpenRun, place: { statement: number }, deadlineMs: number): Promise<NextStep> {
  const { ports, claimed, log } = run
  const { stopOnError = true } = claimed.options
  const waiting = await stillAwaited(run)
  if (waiting) return handOver(run, { nextStatement: place.statement, failed: claimed.failed }, waiting)
  const statements = await readStatements(run)
  let hasFailed = claimed.failed
  for (const statement of statements.slice(claimed.next_statement)) {
    if (log.isCancelled() && run.memory === undefined) {
      log.add({ type: 'error', statement: statement.index, error: wireError(cancelled, ports.log) })
      return end(run, 'cancelled')
    }
    const isFirst = statement.index === claimed.next_statement
    if (!isFirst && !run.block && ports.clock.now().getTime() >= deadlineMs) {
      return handOver(run, { nextStatement: statement.index, failed: hasFailed })
    }
    place.statement = statement.index
    const outcome = await runOne(run, statement)
    if (outcome.kind === 'execution') {
      return handOver(run, { nextStatement: statement.index, failed: hasFailed }, outcome)
    }
    ports.count?.('Statements')
    if (outcome.kind === 'failed') {
      log.add({ type: 'error', statement: statement.index, error: outcome.error })
      if (log.isCancelled() || outcome.error.code === 'sql/cancelled') return end(run, 'cancelled')
      hasFailed = true
      if (stopOnError) break
    }
    if (statement.index < statements.length - 1) await log.flush()
  }
  return end(run, hasFailed ? 'failed' : 'succeeded')
}

/** Of an event that came twice, or a machine that was started again: what the statement waits for has not ended. */
async function stillAwaited({ ports, tenant, memory }: OpenRun): Promise<Waiting | undefined> {
  const executionId = memory?.executionId
  if (!memory || executionId === undefined) return undefined
  const isOpen = await isExecutionOpen(ports.platform, tenant, executionId)
  return isOpen ? { executionId, memory } : undefined
}

async function runOne(run: OpenRun, statement: Statement): Promise<StatementOutcome> {
  const { node } = statement
  const refused =
    refuseStatement(node, { isInBlock: run.block !== undefined }) ??
    (await refuseKeptCalls(run, statement)) ??
    (await refuseExplained(run, statement)) ??
    (await refuseGrowth(run, node))
  if (refused) {
    if (run.block) run.block.isAborted = true
    return { kind: 'failed', error: wireError(refused, run.ports.log) }
  }
  if ('TransactionStmt' in node) return runTransactionControl(run, statement, node.TransactionStmt)
  if ('VariableSetStmt' in node) return runSetting(run, statement, node.VariableSetStmt)
  return run.block ? runInBlock(run, run.block, statement) : runStatement(run, statement)
}

async function end(run: OpenRun, state: RunState): Promise<NextStep> {
  await abandonBlock(run)
  await run.log.end(state)
  return done
}

async function handOver(
  run: OpenRun,
  place: { readonly nextStatement: number; readonly failed: boolean },
  waiting?: Waiting,
): Promise<NextStep> {
  const { ports, tenant, runId, claimed, settings, log } = run
  await log.flush()
  await log.settle()
  const { fence } = claimed
  const memory = waiting ? { ...waiting.memory, executionId: waiting.executionId } : null
  const state = waiting ? 'waiting' : 'handed'
  await handOverRun(ports.platform, tenant, { runId, fence, ...place, state, settings, memory })
  return waiting ? { next: 'execution', executionId: waiting.executionId, fence } : { next: 'again', fence }
}
