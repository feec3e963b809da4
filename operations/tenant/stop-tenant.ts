/** Ends what a tenant has under way: nothing new is begun, calls in flight finish, whoever is connected is told why. */
import { IasqlError } from '#engine/model/error.ts'
import { cancelAll, closeLogins, takeConnections } from '#postgres/statements/tenant-stop.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { wireError } from '../connection/wire-error.ts'
import type { Ports } from '../ports.ts'
import { directoryOf } from './cell.ts'

/** For a tenant whose state refuses whoever comes anew. Safe to repeat. */
export async function stopTenant(ports: Ports, tenant: Tenant, why: string | IasqlError): Promise<void> {
  await cancelAll(ports.platform, tenant)
  await closeLogins(ports.platform, tenant)
  const refused = typeof why === 'string' ? new IasqlError('auth/suspended', why) : why
  const error = wireError(refused, ports.log)
  const message = JSON.stringify({ type: 'error', error })
  if (ports.directory) await takeConnections(ports.platform, tenant)
  const closed = (await takeConnections(directoryOf(ports), tenant)).map(async (connectionId) => {
    const outcome = await ports.connections.post(connectionId, message)
    if (outcome === 'sent') await ports.connections.disconnect?.(connectionId)
  })
  // A connection that stays open is nobody's any more: its next message is refused.
  for (const { status, ...result } of await Promise.allSettled(closed)) {
    if (status === 'rejected')
      ports.log('warn', 'A connection could not be closed.', { tenantId: tenant.id, ...result })
  }
}
