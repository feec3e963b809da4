/** Stored events on their way to the clients that follow the run. */

import { forgetShownEvents } from '#postgres/statements/event-once.ts'
import { leaveRun } from '#postgres/statements/run-listeners.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { type EncodedEvent, isShownOnce, messageOf } from './encode-events.ts'

export interface PostedEvents {
  readonly runId: string
  readonly firstSeq: number
  readonly events: readonly EncodedEvent[]
  readonly listeners: readonly string[]
}

/** Never fails: what a client misses it finds by `resume`; one that has gone is forgotten, and the run goes on. */
export async function postRunEvents(ports: Ports, tenant: Tenant, posted: PostedEvents): Promise<void> {
  const seen = await Promise.all(
    posted.listeners.map((connectionId) => postTo(ports, tenant, connectionId, posted)),
  )
  if (seen.includes(true) && posted.events.some(isShownOnce)) await forgetShown(ports, tenant, posted.runId)
}

/** What could not be deleted now is deleted when its time is over. */
export async function forgetShown(ports: Ports, tenant: Tenant, runId: string): Promise<void> {
  await forgetShownEvents(ports.platform, tenant, runId).catch((error: unknown) =>
    ports.log('warn', 'what a client has seen could not be deleted yet', { runId, error }),
  )
}

/** Whether all of them have left. */
async function postTo(
  ports: Ports,
  tenant: Tenant,
  connectionId: string,
  { runId, firstSeq, events }: PostedEvents,
): Promise<boolean> {
  try {
    for (const [index, event] of events.entries()) {
      const outcome = await ports.connections.post(connectionId, messageOf(runId, firstSeq + index, event))
      if (outcome === 'sent') continue
      await leaveRun(ports.platform, tenant, runId, connectionId)
      return false
    }
    return true
  } catch (error) {
    ports.log('warn', 'a message could not be posted', { connectionId, runId, error })
    return false
  }
}
