/** A client comes back for what it has not seen of a run. */
import { overseenActor, type Session } from '../connection/session.ts'
import { replayEvents } from '../events/replay-events.ts'
import type { Ports } from '../ports.ts'
import { loadTenant } from '../tenant/load-tenant.ts'

/** @throws IasqlError `protocol/unknown-run` when there is no such run that the session may see. */
export async function resumeRun(
  ports: Ports,
  session: Session,
  { runId, afterSeq }: { readonly runId: string; readonly afterSeq: number },
): Promise<void> {
  const tenant = await loadTenant(ports, session.tenantId)
  const { connectionId } = session
  await replayEvents(ports, tenant, { runId, connectionId, actor: overseenActor(session), afterSeq })
}
