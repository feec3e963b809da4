/** Stored events on their way to the clients that follow the run. */

import { leaveRun } from '#postgres/statements/run-listeners.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { type EncodedEvent, messageOf } from './encode-events.ts'

export interface PostedEvents {
  readonly runId: string
  readonly firstSeq: number
  readonly events: readonly EncodedEvent[]
  readonly listeners: readonly string[]
}

/** Never fails: what a client misses it finds by `resume`; one that has gone is forgotten, and the run goes on. */
export async function postRunEvents(ports: Ports, tenant: Tenant, posted: PostedEvents): Promise<void> {
  await Promise.all(posted.listeners.map((connectionId) => postTo(ports, tenant, connectionId, posted)))
}

async function postTo(
  ports: Ports,
  tenant: Tenant,
  connectionId: string,
  { runId, firstSeq, events }: PostedEvents,
): Promise<void> {
  try {
    for (const [index, event] of events.entries()) {
      const outcome = await ports.connections.post(connectionId, messageOf(runId, firstSeq + index, event))
      if (outcome === 'gone') return await leaveRun(ports.platform, tenant, runId, connectionId)
    }
  } catch (error) {
    ports.log('warn', 'a message could not be posted', { connectionId, runId, error })
  }
}
