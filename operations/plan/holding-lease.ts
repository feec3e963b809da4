/** Work that no planner may do beside: begun again when the lease was lost before anything was written. */
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { LeaseLost, type PlanLease, underLease } from './under-lease.ts'

export async function holdingLease<Result>(
  ports: Ports,
  tenant: Tenant,
  signal: AbortSignal,
  work: (lease: PlanLease) => Promise<Result>,
): Promise<Result> {
  for (;;) {
    try {
      return await underLease(ports, tenant, signal, work)
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error
    }
  }
}
