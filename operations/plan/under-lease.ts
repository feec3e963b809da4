/** One planner at a time for each tenant. */
import { randomUUID } from 'node:crypto'
import { dropPlanLease, takePlanLease } from '#postgres/statements/plan-lease.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

const leaseSeconds = 15
const leaseRetryMs = 100

/** The lease is prolonged while the work lasts. */
export async function underLease<Result>(
  ports: Ports,
  tenant: Tenant,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const lease = { tenantId: tenant.id, holder: randomUUID(), seconds: leaseSeconds }
  while (!(await takePlanLease(ports.platform, lease))) await ports.clock.sleep(leaseRetryMs, signal)
  const released = new AbortController()
  const prolonging = (async () => {
    while (!released.signal.aborted) {
      await ports.clock.sleep((leaseSeconds * 1_000) / 3, released.signal).catch(() => undefined)
      if (!released.signal.aborted) await takePlanLease(ports.platform, lease).catch(() => undefined)
    }
  })()
  try {
    return await work()
  } finally {
    released.abort()
    await prolonging
    await dropPlanLease(ports.platform, tenant.id, lease.holder)
  }
}
