/** The end of a run under which something broke. */
import { renewRun } from '#postgres/statements/run-claim.ts'
import { wireError } from '../connection/wire-error.ts'
import { isDatabaseGone } from './database-gone.ts'
import type { OpenRun } from './open-run.ts'
import { settleRun } from './settle-run.ts'
import { abandonBlock } from './transaction-block.ts'
import { whenDatabaseAnswers } from './when-database-answers.ts'

/** Something broke under the runner: the run ends as soon as that can be stored, and says what its statements came to. */
export async function interruptRun(run: OpenRun, statement: number, error: unknown): Promise<void> {
  const { ports, tenant, runId, claimed } = run
  await abandonBlock(run)
  const wire = wireError(error, ports.log)
  const { fence } = claimed
  try {
    await whenDatabaseAnswers(ports, async () => {
      const isOurs = await renewRun(ports.platform, tenant, { runId, fence })
      if (isOurs) await settleRun(ports, tenant, { runId, fence, error: wire, statement })
    })
  } catch (failure) {
    ports.log('error', 'a run could not be ended', { runId, error: failure })
    if (!isDatabaseGone(failure) || claimed.connection_id === null) return
    const message = JSON.stringify({ type: 'error', runId, error: wire })
    await ports.connections.post(claimed.connection_id, message).catch(() => 'gone')
  }
}
