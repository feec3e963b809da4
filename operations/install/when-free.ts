/** Tables that somebody's open transaction holds are asked for again and again, so that nobody has to queue behind us. */
import { IasqlError } from '#engine/model/error.ts'
import { sqlstateOf } from '#postgres/database-error.ts'
import type { ExecutionContext, StepOutcome } from '../execution/execution-context.ts'

/** How long a change of tables waits each time: as long, at most, do others wait for it. */
export const shortLocks = "SET LOCAL lock_timeout = '300ms'"
const lookSeconds = 2
const patienceMs = 600_000
const lockNotAvailable = '55P03'
/** SQLSTATEs: duplicate table, function or key. Somebody else installs the same; once, a second look shows that. */
const madeMeanwhile: ReadonlySet<string> = new Set(['42P07', '42723', '23505'])

export async function whenFree(
  context: ExecutionContext,
  change: () => Promise<StepOutcome>,
): Promise<StepOutcome> {
  try {
    return await change()
  } catch (error) {
    const sqlstate = sqlstateOf(error) ?? ''
    if (madeMeanwhile.has(sqlstate) && context.execution.memory.lockedSinceMs === undefined)
      return again(context, context.ports.clock.now().getTime())
    if (sqlstate !== lockNotAvailable) throw error
    return waitOrRefuse(context, error)
  }
}

function waitOrRefuse({ ports, execution, progress }: ExecutionContext, cause: unknown): StepOutcome {
  const { memory, kind } = execution
  const nowMs = ports.clock.now().getTime()
  const sinceMs = typeof memory.lockedSinceMs === 'number' ? memory.lockedSinceMs : nowMs
  if (nowMs - sinceMs > patienceMs) {
    throw new IasqlError('module/in-use', 'a transaction that is still open holds a table that it needs', {
      hint: `End it, then ${kind} again.`,
      cause,
    })
  }
  progress.report({
    ...{ changeId: null, table: null, row: null, action: kind, state: 'waiting', sinceMs },
    message: 'waiting for a transaction that holds a table it needs',
  })
  return again({ execution }, sinceMs)
}

const again = ({ execution }: Pick<ExecutionContext, 'execution'>, sinceMs: number): StepOutcome => ({
  ...{ kind: 'more', seconds: lookSeconds },
  memory: { ...execution.memory, lockedSinceMs: sinceMs },
})
