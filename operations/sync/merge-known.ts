/** Known resources against what was read of them: pulled, kept or told, as edits and the drift policy say. */

import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { listExpressions } from '#engine/expression/expression.ts'
import { keepingExpressions } from '#engine/merge/drift-policy.ts'
import { type Projection, projectionIfAny } from '#engine/merge/projection.ts'
import { rebaseRow } from '#engine/merge/rebase-row.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import { isCloudReference } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import { naturalName } from '#engine/plan/natural-name.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { type Drift, driftOf } from '#postgres/statements/drift-merge.ts'
import { type Observation, storeObservations } from '#postgres/statements/resource-observe.ts'
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import type { LoadedState } from '../plan/load-states.ts'
import { asSent, type Conflict, conflictOf } from './conflicts.ts'
import type { CloudReading, SeenResource } from './read-cloud.ts'
import { type ResourceIndex, readRow } from './row-references.ts'
import { type SyncRow, syncRow } from './sync-row.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'
import { keptNotice } from './tell-drift.ts'
import { isSettled, showsWritten } from './trust.ts'

export interface Merged {
  readonly rows: readonly SyncRow[]
  readonly conflicts: readonly Conflict[]
  readonly notices: readonly string[]
  /** Rows that stay otherwise than the cloud, where that is news. */
  readonly found: number
}

export const noneMerged: Merged = { rows: [], conflicts: [], notices: [], found: 0 }

export interface Merging {
  readonly reading: CloudReading
  readonly states: readonly LoadedState[]
  readonly seen: ReadonlyMap<string, SeenResource>
  readonly index: ResourceIndex
}

export async function mergeKnown(
  scope: SyncScope,
  { type, place }: TableAt,
  { reading, states, seen, index }: Merging,
): Promise<Merged> {
  const observations: Observation[] = []
  const conflicts: Conflict[] = []
  const pulled = new Map<number, SyncRow>()
  let kept = 0
  let found = 0
  for (const loaded of states) {
    const state = rebased(type, loaded)
    const one = state.cloudId && seen.get(canonicalJson(state.cloudId))
    if (!one || state.resourceId === null || state.claimedBy !== null) continue
    const { row } = readRow(type, one.row, index, place)
    if (!isSettled(scope.ports, type, reading.startedAt, state) && !showsWritten(type, state, row)) continue
    const companionOf = (one.parent && index.find(one.parent, place)?.resource_id) ?? null
    const conflict = conflictOf(type, state, toldOf(one, row))
    if (conflict) conflicts.push(conflict)
    const observation = observe(scope, type, state, { observed: row, companionOf })
    if (!observation) continue
    observations.push(observation)
    const isNews = Object.keys(observation.drift).some((column) => !state.drift[column])
    if (isNews) found += 1
    // Conflicts are told one by one.
    if (isNews && !state.edit) kept += 1
    const { unprojected } = observation
    if (!unprojected) continue
    const { cloudId, rowId } = state
    const changed = changedBy(unprojected)
    pulled.set(state.resourceId, syncRow('update', type, { cloudId, rowId, row, changed }))
  }
  const taken = await storeObservations(scope.db, scope.tenant, {
    table: type.name,
    readStarted: reading.startedAt,
    observations,
  })
  const { refused } = pulled.size > 0 ? await projectOutputs(scope.db, scope.tenant, type) : { refused: [] }
  const left = new Set(refused.map(({ resourceId }) => resourceId))
  const rows = [...pulled].flatMap(([resourceId, row]) =>
    taken.has(resourceId) && !left.has(resourceId) ? [row] : [],
  )
  const notices = [...keptNotice(type, kept), ...refused.map(({ message }) => message)]
  return { rows, conflicts, notices, found }
}

const changedBy = ({ write, expected }: Projection): PlannedChange['changed'] =>
  Object.fromEntries(Object.entries(write).map(([name, to]) => [name, { from: expected[name] ?? null, to }]))

/** An edit to what the cloud showed last is agreed on, whatever the cloud shows now. */
function rebased(type: ResourceType, state: LoadedState): LoadedState {
  const { desired, base, observed } = state
  if (!desired || !base || !observed || !state.edit) return state
  return { ...state, base: rebaseRow(type, { desired: asSent(desired, base), base, observed }) }
}

/** Without references to what no row describes: nothing here can be compared with them. */
const toldOf = ({ row: seen }: SeenResource, row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).filter(([name, value]) => value !== null || !isCloudReference(seen[name])),
  )

/** Undefined when nothing is new. */
function observe(
  scope: SyncScope,
  type: ResourceType,
  state: LoadedState,
  { observed, companionOf }: { readonly observed: Row; readonly companionOf: number | null },
): (Observation & { readonly unprojected: Projection | null }) | undefined {
  const { desired, base, resourceId } = state
  if (resourceId === null) return undefined
  const isNews =
    canonicalJson(state.observed ?? null) !== canonicalJson(observed) || companionOf !== state.companionOf
  const natural_name = naturalName(type, observed)
  const record = {
    resource_id: resourceId,
    base_version: state.baseVersion,
    observed,
    companion_of: companionOf,
    natural_name,
  }
  if (!desired || !base) return isNews ? { ...record, base, unprojected: null, drift: {} } : undefined
  // What is only read follows its owner, whatever holds for the rest of the table.
  const policy = keepingExpressions(desired, (column) =>
    state.isExternal ? 'track' : scope.policy(type.name, state.rowId, column),
  )
  const settled = settleRow(type, { desired: asSent(desired, base), base, observed }, policy)
  const write = Object.fromEntries(
    Object.entries(settled.write).filter(([column]) => listExpressions(desired[column] ?? null).length === 0),
  )
  const unprojected = projectionIfAny(write, desired)
  const isSame =
    !isNews &&
    !unprojected &&
    isSameDrift(state.drift, settled.drifted) &&
    canonicalJson(settled.base) === canonicalJson(base)
  return isSame ? undefined : { ...record, base: settled.base, unprojected, drift: driftOf(settled.drifted) }
}

const isSameDrift = (noted: Drift, drifted: readonly string[]): boolean =>
  Object.keys(noted).length === drifted.length && drifted.every((column) => noted[column])
