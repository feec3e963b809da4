/** A claim is one commit, under the lease of the one who planned it: all changes with what they depend on, all edits that need none, or nothing. */
import { type HeldRow, notePlanned, storeHeld } from '#postgres/statements/execution-held.ts'
import { noteApplied } from '#postgres/statements/plan-applied.ts'
import type { Claimant } from '#postgres/statements/plan-insert.ts'
import { type SettledResource, settleResources } from '#postgres/statements/resource-settle.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { OrderedPlan } from '../plan/make-plan.ts'
import { type StoredPlan, storePlan } from '../plan/store-plan.ts'
import { LeaseLost, type PlanLease } from '../plan/under-lease.ts'
import type { Ports } from '../ports.ts'
import { LostExecution } from './ledger.ts'

export interface NewClaim {
  readonly claimant: Claimant
  readonly actor: string
  readonly mine: boolean
  /** The preview that is applied. */
  readonly previewId: number | null
  readonly plan: OrderedPlan
  readonly snapshot: string
  /** Edits that are done with. */
  readonly settled: readonly SettledResource[]
  /** What this apply has to wait for. */
  readonly held: readonly HeldRow[]
}

export async function storeClaim(
  { platform }: Ports,
  tenant: Tenant,
  lease: PlanLease,
  { claimant, actor, mine, previewId, plan, snapshot, settled, held }: NewClaim,
): Promise<StoredPlan> {
  return await platform.transaction(async (transaction) => {
    await lease.insist(transaction)
    const isOurs = await notePlanned(transaction, tenant, claimant)
    if (!isOurs) throw new LostExecution('another invocation has taken over')
    await settleResources(transaction, tenant, settled, snapshot)
    const stored = await storePlan(transaction, tenant, plan, { actor, mine, claimant, snapshot })
    // Without one of its changes, what depends on it would not wait for it.
    if (stored.changeIds.size < plan.changes.length) throw new LeaseLost('others have claimed rows meanwhile')
    if (previewId !== null) await noteApplied(transaction, tenant, { previewId, planId: stored.planId })
    await storeHeld(transaction, tenant, claimant.executionId, held)
    return stored
  })
}
