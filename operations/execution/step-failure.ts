/** What becomes of an execution whose step threw: it ends refused or cancelled, is tried again, or waits for the database. */
import { IasqlError } from '#engine/model/error.ts'
import type { JsonObject } from '#engine/model/json.ts'
import { DataApiError, type DataApiFault } from '#postgres/data-api.ts'
import { sqlstateOf } from '#postgres/database-error.ts'
import { hasOpenChanges } from '#postgres/statements/change-load.ts'
import { endApply } from '../apply/end-apply.ts'
import { LostExecution } from '../apply/ledger.ts'
import { type ExecutionContext, failedWith, type StepOutcome } from './execution-context.ts'

/** How often in a row an apply that fails for a reason of our own is tried again, and after how long. */
const mostTroubles = 3
const troubleSeconds = 1
const undefinedTable = '42P01'

/** A refusal ends the execution; that another invocation has it, or that the database is away, does not. */
export async function failure(context: ExecutionContext, error: unknown): Promise<StepOutcome | 'lost'> {
  const { ports, execution, cancelled, lost } = context
  if (error instanceof LostExecution || lost.aborted) return 'lost'
  if (isDatabaseAway(error)) throw error
  if (cancelled.aborted && isGivenUp(error)) return await cancelledEnd(context)
  if (error instanceof IasqlError) return failedWith(error)
  const executionId = execution.execution_id
  ports.log('error', 'an execution failed for a reason of our own', { executionId, error })
  return (
    (await triedAgain(context, error)) ??
    failedWith(new IasqlError('system/internal', 'the execution failed', { cause: error }))
  )
}

/** Undefined when it was tried often enough, or when there is nothing that another try could bring to its end. */
async function triedAgain(
  { ports, tenant, execution }: ExecutionContext,
  error: unknown,
): Promise<StepOutcome | undefined> {
  const troubles = Number(execution.memory.troubles ?? 0) + 1
  if (troubles > mostTroubles) return undefined
  const again = (memory: JsonObject): StepOutcome => ({
    ...{ kind: 'more', seconds: troubleSeconds },
    memory: { ...memory, troubles },
  })
  // An uninstall took away what was being read: what is there now is read from the start.
  if (execution.kind === 'sync' && sqlstateOf(error) === undefinedTable) return again({})
  const hasOpen = await hasOpenChanges(ports.platform, tenant, execution.execution_id)
  return hasOpen ? again(execution.memory) : undefined
}

async function cancelledEnd(context: ExecutionContext): Promise<StepOutcome> {
  const { kind } = context.execution
  if (kind === 'apply') return await endApply(context)
  return failedWith(new IasqlError('apply/cancelled', `the ${kind} was cancelled before it was complete`))
}

/** A wait that was ended, or a call that was given up, because of the cancel. */
const isGivenUp = (error: unknown): boolean =>
  error instanceof IasqlError
    ? error.code === 'apply/cancelled' || outOfReach.has(error.code)
    : error instanceof Error && error.name === 'AbortError'

const outOfReach: ReadonlySet<string> = new Set(['cloud/unreachable', 'cloud/unknown-outcome'])

export const isDatabaseAway = (error: unknown): boolean =>
  error instanceof IasqlError
    ? error.code === 'system/database-unavailable'
    : error instanceof DataApiError && away.has(error.fault)

const away: ReadonlySet<DataApiFault> = new Set(['unavailable', 'resuming', 'transaction-not-found'])
