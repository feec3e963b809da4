/** Known resources against what was read of them: pulled, kept or told, as edits and the drift policy say. */

import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { listExpressions } from '#engine/expression/expression.ts'
import { keepingExpressions } from '#engine/merge/drift-policy.ts'
import { type Projection, projectionIfAny } from '#engine/merge/projection.ts'
import { rebaseRow } from '#engine/merge/rebase-row.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import { isCloudReference } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import { shownName } from '#engine/plan/natural-name.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { type Drift, driftOf } from '#postgres/statements/drift-merge.ts'
import { type Observation, storeObservations } from '#postgres/statements/resource-observe.ts'
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import type { LoadedState } from '../plan/load-states.ts'
import { asSent, type Conflict, conflictOf } from './conflicts.ts'
import { findLeaving } from './leaving-targets.ts'
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

interface Believed {
  readonly state: LoadedState
  readonly resourceId: number
  readonly one: SeenResource
  readonly observed: Row
}

export const noneMerged: Merged = { rows: [], conflicts: [], notices: [], found: 0 }

export interface Merging {
  readonly reading: CloudReading
  readonly states: readonly LoadedState[]
  readonly seen: ReadonlyMap<string, SeenResource>
  readonly index: ResourceIndex
}

export async function mergeKnown(scope: SyncScope, at: TableAt, merging: Merging): Promise<Merged> {
  const { type } = at
  const compared = await compare(scope, at, merging)
  const { conflicts, pulled, found } = compared
  const taken = await storeObservations(scope.db, scope.tenant, {
    table: type.name,
    readStarted: merging.reading.startedAt,
    observations: compared.observations,
  })
  const { refused } = pulled.size > 0 ? await projectOutputs(scope.db, scope.tenant, type) : { refused: [] }
  const left = new Set(refused.map(({ resourceId }) => resourceId))
  const rows = [...pulled].flatMap(([resourceId, row]) =>
    taken.has(resourceId) && !left.has(resourceId) ? [row] : [],
  )
  const refusals = refused.map(({ message }) => message)
  const notices = [...keptNotice(type, compared.kept), ...compared.sentBack, ...refusals]
  return { rows, conflicts, notices, found }
}

interface Compared {
  readonly observations: readonly Observation[]
  readonly conflicts: readonly Conflict[]
  /** By resource. */
  readonly pulled: ReadonlyMap<number, SyncRow>
  readonly sentBack: readonly string[]
  readonly kept: number
  readonly found: number
}

async function compare(scope: SyncScope, at: TableAt, merging: Merging): Promise<Compared> {
  const { type, place } = at
  const { index } = merging
  const observations: Observation[] = []
  const conflicts: Conflict[] = []
  const pulled = new Map<number, SyncRow>()
  const sentBack: string[] = []
  let kept = 0
  let found = 0
  const believed = believedIn(scope, at, merging)
  const leavingIn = await findLeaving(scope, type, believed)
  for (const { state, resourceId, one, observed: row } of believed) {
    const leaving = leavingIn({ state, observed: row })
    const companionOf = (one.parent && index.find(one.parent, place)?.resource_id) ?? null
    const conflict = conflictOf(type, state, toldOf(one, row))
    if (conflict) conflicts.push(conflict)
    const observation = observe(scope, type, state, {
      observed: row,
      companionOf,
      leaving,
      nameOf: index.nameOf,
    })
    if (!observation) continue
    observations.push(observation)
    if (observation.is_edited) sentBack.push(sentBackNotice(type, state, leaving))
    const isNews = Object.keys(observation.drift).some((column) => !state.drift[column])
    if (isNews) found += 1
    // Conflicts are told one by one.
    if (isNews && !state.edit) kept += 1
    const { unprojected } = observation
    if (!unprojected) continue
    const { cloudId, rowId } = state
    const changed = changedBy(unprojected)
    pulled.set(resourceId, syncRow('update', type, { cloudId, rowId, row, changed, nameOf: index.nameOf }))
  }
  return { observations, conflicts, pulled, sentBack, kept, found }
}

/** What was read for certain, of rows that nobody is at. */
function believedIn(
  { ports }: SyncScope,
  { type, place }: TableAt,
  { reading, states, seen, index }: Merging,
): readonly Believed[] {
  return states.flatMap((loaded) => {
    const state = rebased(type, loaded)
    const { cloudId, resourceId, claimedBy } = state
    const one = cloudId && seen.get(canonicalJson(cloudId))
    if (!one || resourceId === null || claimedBy !== null) return []
    const { row: observed } = readRow(type, one.row, index, place)
    const isProved = isSettled(ports, type, reading.startedAt, state) || showsWritten(type, state, observed)
    return isProved ? [{ state, resourceId, one, observed }] : []
  })
}

const changedBy = ({ write, expected }: Projection): PlannedChange['changed'] =>
  Object.fromEntries(Object.entries(write).map(([name, to]) => [name, { from: expected[name] ?? null, to }]))

/** An edit to what the cloud showed last is agreed on, whatever the cloud shows now. */
function rebased(type: ResourceType, state: LoadedState): LoadedState {
  const { desired, base, observed } = state
  if (!desired || !base || !observed || !state.edit) return state
  return { ...state, base: rebaseRow(type, { desired: asSent(desired, base), base, observed }) }
}

const sentBackNotice = (
  type: ResourceType,
  { desired, cloudId, rowId }: LoadedState,
  columns: readonly string[],
) =>
  `${type.name} ${shownName(type, desired ?? {}, cloudId) ?? rowId}: in the cloud ${columns.join(', ')} points at what is to be deleted; the next apply points it where the row says.`

/** Without references to what no row describes: nothing here can be compared with them. */
const toldOf = ({ row: seen }: SeenResource, row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).filter(([name, value]) => value !== null || !isCloudReference(seen[name])),
  )

interface Observed {
  readonly observed: Row
  readonly companionOf: number | null
  /** Columns that point at what is about to go. */
  readonly leaving: readonly string[]
  readonly nameOf: ResourceIndex['nameOf']
}

/** Undefined when nothing is new. */
function observe(
  scope: SyncScope,
  type: ResourceType,
  state: LoadedState,
  { observed, companionOf, leaving, nameOf }: Observed,
): (Observation & { readonly unprojected: Projection | null }) | undefined {
  const { desired, resourceId } = state
  if (resourceId === null) return undefined
  // What it points at there is agreed on with nobody, and no row can take it over: the row's own is sent again.
  const base = state.base && withColumns(state.base, observed, leaving)
  const is_edited = leaving.length > 0 && state.edit === null
  const isNews =
    canonicalJson(state.observed ?? null) !== canonicalJson(observed) || companionOf !== state.companionOf
  const natural_name = shownName(type, observed, state.cloudId, nameOf)
  const record = {
    resource_id: resourceId,
    base_version: state.baseVersion,
    observed,
    companion_of: companionOf,
    natural_name,
    is_edited,
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
    !is_edited &&
    !unprojected &&
    isSameDrift(state.drift, settled.drifted) &&
    canonicalJson(settled.base) === canonicalJson(state.base)
  return isSame ? undefined : { ...record, base: settled.base, unprojected, drift: driftOf(settled.drifted) }
}

const withColumns = (base: Row, from: Row, columns: readonly string[]): Row =>
  columns.length === 0
    ? base
    : { ...base, ...Object.fromEntries(columns.map((name) => [name, from[name] ?? null])) }

const isSameDrift = (noted: Drift, drifted: readonly string[]): boolean =>
  Object.keys(noted).length === drifted.length && drifted.every((column) => noted[column])
