/** The runner's heartbeat: keeps its lease, and hears that somebody wants the run to end. */
import { cancelRunBackend } from '#postgres/statements/run-cancel.ts'
import { renewRun } from '#postgres/statements/run-claim.ts'
import type { OpenRun } from './open-run.ts'

const beatMs = 3_000

/** Whether the run is cancelled, or somebody else's by now: then its statement is interrupted too. */
export async function checkCancelled({ ports, tenant, runId, claimed, log }: OpenRun): Promise<boolean> {
  const renewed = await renewRun(ports.platform, tenant, { runId, fence: claimed.fence })
  if (!renewed || renewed.cancel_requested) log.cancel()
  return log.isCancelled()
}

/** Beats until stopped. */
export function keepRun(run: OpenRun): { stop(): void } {
  const { ports, tenant, runId } = run
  const stopped = new AbortController()
  const beat = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await ports.clock.sleep(beatMs, stopped.signal)
      try {
        if (await checkCancelled(run)) await cancelRunBackend(ports.platform, tenant, runId)
      } catch (error) {
        ports.log('warn', 'a heartbeat failed', { runId, error })
      }
    }
  }
  beat().catch(() => undefined)
  return { stop: () => stopped.abort() }
}
