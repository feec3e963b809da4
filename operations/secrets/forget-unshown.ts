/** Secrets that were to be shown once and that nobody came for are deleted, tenant by tenant. */
import { forgetOldEvents } from '#postgres/statements/event-once.ts'
import type { Ports } from '../ports.ts'
import { busyTenants } from '../tenant/busy-tenants.ts'

export async function forgetUnshown(ports: Ports): Promise<void> {
  for (const tenant of await busyTenants(ports)) await forgetOldEvents(ports.platform, tenant)
}
