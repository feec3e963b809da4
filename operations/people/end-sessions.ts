/** What ends with a token that was revoked, or with a member who was removed: their connections, and what they have running. */
import { IasqlError } from '#engine/model/error.ts'
import { findConnectionsOf } from '#postgres/statements/connection-find.ts'
import { findOpenRuns } from '#postgres/statements/run-open.ts'
import { wireError } from '../connection/wire-error.ts'
import type { Ports } from '../ports.ts'
import type { RpcCall } from '../rpc/catalogue.ts'
import { cancelRun } from '../run/cancel-run.ts'
import { directoryOf } from '../tenant/cell.ts'

interface Ending {
  /** The name of a token, or the subject of a membership. */
  readonly name: string
  readonly isMember: boolean
  /** Further names that they work under. */
  readonly knownAs?: string | null
}

/**
 * The call's own connection and run are left: they still wait for their answer. Never fails: the next message over a
 * connection that stays open is refused all the same.
 */
export async function endSessions(
  ports: Ports,
  { tenant, connectionId, runId }: Pick<RpcCall, 'tenant' | 'connectionId' | 'runId'>,
  { name, isMember, knownAs }: Ending,
): Promise<void> {
  const why = isMember ? 'You were removed from this tenant.' : `The token ${name} was revoked.`
  const refused = wireError(new IasqlError('auth/refused', why), ports.log)
  const message = JSON.stringify({ type: 'error', error: refused })
  try {
    const open = await findConnectionsOf(directoryOf(ports), { tenantId: tenant.id, name, isMember })
    await Promise.all(open.filter((id) => id !== connectionId).map((id) => close(ports, id, message)))
    const actors = [name, ...(knownAs ? [knownAs] : [])]
    for (const id of await findOpenRuns(ports.platform, tenant, { actors, except: runId })) {
      const session = { connectionId: '', tenantId: tenant.id, subject: name, role: 'owner' } as const
      await cancelRun(ports, session, { runId: id })
    }
  } catch (error) {
    ports.log('warn', 'Not all that a session has open could be closed.', { tenantId: tenant.id, error })
  }
}

async function close({ connections }: Ports, connectionId: string, message: string): Promise<void> {
  const outcome = await connections.post(connectionId, message)
  if (outcome === 'sent') await connections.disconnect?.(connectionId)
}
