/** Tells what AWS's limits make wait: one line for each operation and table, not one for each of thousands of steps. */
import type { Step } from '#engine/order/step.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'

export interface WaitingTurns {
  /** The wait of one step for the token of its leading call. */
  during<Result>(step: Step, operation: string, wait: Promise<Result>): Promise<Result>
}

interface Waiting {
  readonly table: string
  readonly action: string
  readonly operation: string
  readonly sinceMs: number
  count: number
  isTold: boolean
}

/** What waits no longer than this is not worth a word; it is looked after as often. */
const wordMs = 5_000

export function waitingTurns(
  { ports: { clock }, progress }: ExecutionContext,
  over: AbortSignal,
): WaitingTurns {
  const all = new Map<string, Waiting>()
  let isLooking = false

  const tell = ({ table, action, sinceMs }: Waiting, state: string, message: string): void =>
    progress.report({ changeId: null, row: null, table, action, sinceMs, state, message })
  const look = (key: string, waiting: Waiting): void => {
    const { operation, count, sinceMs } = waiting
    if (count === 0) {
      all.delete(key)
      if (waiting.isTold) tell(waiting, 'done', `no change waits for ${operation} any more`)
    } else if (clock.now().getTime() - sinceMs >= wordMs) {
      waiting.isTold = true
      tell(waiting, 'waiting', `${count} changes wait for their turn: AWS limits the rate of ${operation}`)
    }
  }
  const keepLooking = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    while (all.size > 0 && !over.aborted) {
      await clock.sleep(wordMs, over).catch(() => undefined)
      if (!over.aborted) for (const [key, waiting] of all) look(key, waiting)
    }
    isLooking = false
  }
  return {
    async during({ table, kind }, operation, wait) {
      const key = `${operation} ${table}`
      const waiting = all.get(key) ?? {
        ...{ table, action: kind, operation, count: 0, isTold: false },
        sinceMs: clock.now().getTime(),
      }
      all.set(key, waiting)
      waiting.count += 1
      void keepLooking()
      try {
        return await wait
      } finally {
        waiting.count -= 1
      }
    },
  }
}
