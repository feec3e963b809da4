/** A client comes back for what it has not seen of a run. */
import type { Session } from '../connection/session.ts'
import { replayEvents } from '../events/replay-events.ts'
import type { Ports } from '../ports.ts'
import { loadTenant } from '../tenant/load-tenant.ts'

/** @throws IasqlError `protocol/unknown-run` when the session's tenant has no such run. */
export async function resumeRun(
  ports: Ports,
  { tenantId, connectionId }: Session,
  { runId, afterSeq }: { readonly runId: string; readonly afterSeq: number },
): Promise<void> {
  const tenant = await loadTenant(ports, tenantId)
  await replayEvents(ports, tenant, { runId, connectionId, afterSeq })
}
