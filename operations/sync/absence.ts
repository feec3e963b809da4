/** When something counts as gone from the cloud, and what is noted of it. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { naturalName } from '#engine/plan/natural-name.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { storeObservations } from '#postgres/statements/resource-observe.ts'
import type { LoadedState } from '../plan/load-states.ts'
import type { Ports } from '../ports.ts'
import type { CloudReading, SeenResource } from './read-cloud.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'
import { tooMany } from './threshold.ts'

/** Absence is proved by a complete list and a read by id, both after reads have stopped lagging. */
export async function proveAbsent(
  { ports }: SyncScope,
  { type }: TableAt,
  reading: CloudReading,
  missing: readonly LoadedState[],
  seen: Map<string, SeenResource>,
): Promise<readonly LoadedState[]> {
  const candidates = missing.filter((state) => isTrusted(ports, type, reading.startedAt, state))
  if (candidates.length === 0) return []
  const found = await reading.get(candidates.flatMap(({ cloudId }) => (cloudId ? [cloudId] : [])))
  for (const one of found) seen.set(one.key, one)
  return candidates.filter((state) => state.cloudId && !seen.has(canonicalJson(state.cloudId)))
}

/** Whether a read that began then can tell anything about this resource. */
export const isTrusted = (ports: Ports, type: ResourceType, startedAt: Date, state: LoadedState): boolean => {
  if (state.claimedBy !== null) return false
  const writtenMs = state.writtenAt ? new Date(state.writtenAt).getTime() : 0
  return startedAt.getTime() >= writtenMs + ports.cloud.settleMs(type.settleMs)
}

interface Absence {
  readonly reading: CloudReading
  readonly states: readonly LoadedState[]
  readonly absent: readonly LoadedState[]
}

/** Marks what is gone; rows leave the tables later, children before parents. */
export async function noteAbsent(
  scope: SyncScope,
  { type, place }: TableAt,
  { reading, states, absent }: Absence,
): Promise<{ readonly notices: readonly string[]; readonly asks: readonly string[] }> {
  const going = absent.filter((state) => state.desired && !state.edit && state.observed !== null)
  const held = states.filter((state) => state.cloudId !== null).length
  const ask = scope.confirm ? undefined : tooMany(type, place, going.length, held)
  const marked = absent.filter((state) => state.observed !== null && !(ask && going.includes(state)))
  await storeObservations(scope.db, scope.tenant, {
    table: type.name,
    readStarted: reading.startedAt,
    observations: marked.flatMap((state) =>
      state.resourceId === null
        ? []
        : [
            {
              resource_id: state.resourceId,
              base: state.base,
              observed: null,
              companion_of: state.companionOf,
              natural_name: null,
              unprojected: null,
            },
          ],
    ),
  })
  const conflicts = marked.filter((state) => state.desired && state.edit)
  return {
    notices: conflicts.map(
      (state) =>
        `${type.name} ${naturalName(type, state.desired ?? {}) ?? state.rowId} is gone in the cloud and edited here: it is kept, and an apply creates it again.`,
    ),
    asks: ask ? [ask] : [],
  }
}
