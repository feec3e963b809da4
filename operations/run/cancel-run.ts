/** Ends a run from outside: its statement is interrupted, what follows is not begun. */

import { cancelRunBackend, requestRunCancel } from '#postgres/statements/run-cancel.ts'
import { insertRun } from '#postgres/statements/run-insert.ts'
import { acceptReceivedRun } from '#postgres/statements/run-part.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { overseenActor, type Session } from '../connection/session.ts'
import { encodeEvent } from '../events/encode-events.ts'
import { postRunEvents } from '../events/post-events.ts'
import { unknownRun } from '../events/replay-events.ts'
import { cancelRunExecutions } from '../execution/cancel-execution.ts'
import type { Ports } from '../ports.ts'
import { loadTenant } from '../tenant/load-tenant.ts'

const doneEvent = encodeEvent({ type: 'done', state: 'cancelled' })
const ended = { state: 'cancelled', events: `[${doneEvent}]`, eventCount: 1 }

/**
 * A run that is not known yet is cancelled when it arrives; one that has ended stays as it is.
 * @throws IasqlError `protocol/unknown-run` for a run of somebody else, unless the session may oversee it
 */
export async function cancelRun(
  ports: Ports,
  session: Session,
  { runId }: { readonly runId: string },
): Promise<void> {
  const tenant = await loadTenant(ports, session.tenantId)
  const { platform } = ports
  const { connectionId, subject: actor, role } = session
  const tombstone = { runId, actor, role, connectionId, isFollowed: false, options: {}, text: null, ...ended }
  if (await insertRun(platform, tenant, tombstone)) return
  const state = await requestRunCancel(platform, tenant, runId, overseenActor(session))
  if (state === undefined) throw unknownRun(runId)
  if (state === 'receiving') await endReceiving(ports, tenant, runId)
  // It ends without waiting for its turn.
  if (state === 'accepted') await ports.invoker.runStatements({ tenantId: tenant.id, runId })
  if (state === 'waiting' || state === 'running') await cancelRunExecutions(ports, tenant, runId)
  if (state === 'running') await interruptBackend(ports, tenant, runId)
}

async function endReceiving(ports: Ports, tenant: Tenant, runId: string): Promise<void> {
  const listeners = await acceptReceivedRun(ports.platform, tenant, { runId, ...ended })
  if (listeners) await postRunEvents(ports, tenant, { runId, firstSeq: 1, events: [doneEvent], listeners })
}

/** The statement may be between two calls to the database: it is looked for a few times, then the heartbeat takes over. */
async function interruptBackend({ platform, clock }: Ports, tenant: Tenant, runId: string): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    if (await cancelRunBackend(platform, tenant, runId)) return
    await clock.sleep(100)
  }
}
