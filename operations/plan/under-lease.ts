/** One planner at a time for each tenant. */
import { randomUUID } from 'node:crypto'
import type { Queryable } from '#postgres/database.ts'
import { dropPlanLease, keepPlanLease, takePlanLease } from '#postgres/statements/plan-lease.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

const leaseSeconds = 15
const leaseRetryMs = 100

export class LeaseLost extends Error {}

export interface PlanLease {
  /** Aborts when another planner has it. */
  readonly lost: AbortSignal
  /**
   * In the transaction of what only its holder may do, which nobody else does before that is committed.
   * @throws LeaseLost when another planner has it
   */
  insist(transaction: Queryable): Promise<void>
}

/** The lease is prolonged while the work lasts. */
export async function underLease<Result>(
  ports: Ports,
  tenant: Tenant,
  signal: AbortSignal,
  work: (lease: PlanLease) => Promise<Result>,
): Promise<Result> {
  const lease = { tenantId: tenant.id, holder: randomUUID(), seconds: leaseSeconds }
  while (!(await takePlanLease(ports.platform, lease))) await ports.clock.sleep(leaseRetryMs, signal)
  const released = new AbortController()
  const lost = new AbortController()
  const prolonging = (async () => {
    while (!released.signal.aborted) {
      await ports.clock.sleep((leaseSeconds * 1_000) / 3, released.signal).catch(() => undefined)
      if (released.signal.aborted) return
      // Without an answer the lease may stand: it is lost only when somebody says so.
      const isHeld = await takePlanLease(ports.platform, lease).catch(() => true)
      if (!isHeld) lost.abort(new LeaseLost('another planner has taken over'))
    }
  })()
  try {
    return await work({
      lost: lost.signal,
      async insist(transaction) {
        if (await keepPlanLease(transaction, lease)) return
        throw new LeaseLost('another planner has taken over')
      },
    })
  } finally {
    released.abort()
    await prolonging
    await dropPlanLease(ports.platform, tenant.id, lease.holder)
  }
}
