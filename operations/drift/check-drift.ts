/** The steps of one drift check, as machine `drift` asks for them: where to look, a sync for each place, the end. */
import { automaticModeOf } from '#engine/model/setting.ts'
import { duePlaces, findPlace, noteBegun } from '#postgres/statements/drift-place.ts'
import { endCheck } from '#postgres/statements/drift-schedule.ts'
import { isSyncing } from '#postgres/statements/drift-standing.ts'
import { loadSettings } from '#postgres/statements/setting.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import { createExecution } from '../execution/create-execution.ts'
import type { Ports } from '../ports.ts'
import { tenantPlaces } from '../sync/places.ts'
import { checkArguments } from '../sync/sync-arguments.ts'
import { atCellOf, atTenant } from '../tenant/cell.ts'

/** What machine `drift` asks, as `statemachines/payload.ts` has it. */
export type DriftStep = {
  readonly tenantId: string
  readonly checkId: string
} & (
  | { readonly step: 'places' }
  | { readonly step: 'place'; readonly placeId: string }
  | { readonly step: 'end' }
)

type DriftNext =
  | { readonly next: 'places'; readonly places: readonly { readonly placeId: string }[] }
  | { readonly next: 'execution'; readonly executionId: string }
  | { readonly next: 'done' }

/** Who drift checks and automatic applies are the work of. */
export const automaticActor = 'iasql'

export async function checkDrift(ports: Ports, step: DriftStep): Promise<DriftNext> {
  switch (step.step) {
    case 'places':
      return { next: 'places', places: await placesToCheck(ports, step.tenantId) }
    case 'place':
      return await checkPlace(ports, step)
    case 'end':
      await end(ports, step)
      return { next: 'done' }
  }
}

async function end(ports: Ports, { tenantId, checkId }: DriftStep): Promise<void> {
  const tenant = await findTenant(ports.platform, { id: tenantId })
  if (tenant) await endCheck(atCellOf(ports, tenant).platform, { tenantId, checkId: Number(checkId) })
}

async function placesToCheck(whole: Ports, tenantId: string): Promise<readonly { placeId: string }[]> {
  const { ports, tenant } = await atTenant(whole, tenantId)
  if (tenant.state !== 'active') return []
  const { accounts, regions } = await tenantPlaces(ports.platform, tenant)
  const due = await duePlaces(ports.platform, {
    tenantId,
    places: [...accounts, ...regions],
    now: ports.clock.now(),
  })
  return due.map((placeId) => ({ placeId: String(placeId) }))
}

/** A retried step finds the sync that it has begun already. Whoever syncs by now reads the place as well. */
async function checkPlace(
  whole: Ports,
  { tenantId, ...step }: Extract<DriftStep, { readonly step: 'place' }>,
): Promise<DriftNext> {
  const { ports, tenant } = await atTenant(whole, tenantId)
  // Of one that is being moved nothing new is written where it was.
  if (tenant.state !== 'active') return { next: 'done' }
  const { platform } = ports
  const [checkId, placeId] = [Number(step.checkId), Number(step.placeId)]
  const place = await findPlace(platform, { tenantId, placeId, checkId })
  if (!place) return { next: 'done' }
  if (place.execution_id !== null) return { next: 'execution', executionId: String(place.execution_id) }
  if (await isSyncing(platform, tenant, checkId)) return { next: 'done' }
  const settings = await loadSettings(platform, tenant)
  const executionId = await createExecution(ports, tenant, {
    kind: 'sync',
    rpc: 'iasql_sync',
    arguments: checkArguments({
      ...{ checkId: step.checkId, placeId: step.placeId },
      ...{ accountId: place.account_id, region: place.region },
      isLooking: automaticModeOf(settings) === 'off',
    }),
    actor: automaticActor,
  })
  await noteBegun(platform, { tenantId, placeId, checkId, executionId: Number(executionId) })
  return { next: 'execution', executionId }
}
