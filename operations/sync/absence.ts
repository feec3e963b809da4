/** When something counts as gone from the cloud, and what is noted of it. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { decide } from '#engine/merge/decide.ts'
import { shownName } from '#engine/plan/natural-name.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import type { Drift } from '#postgres/statements/drift-merge.ts'
import { type Observation, storeObservations } from '#postgres/statements/resource-observe.ts'
import { loadSettings } from '#postgres/statements/setting.ts'
import type { LoadedState } from '../plan/load-states.ts'
import type { CloudReading, SeenResource } from './read-cloud.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'
import { keptNotice } from './tell-drift.ts'
import { tooMany } from './threshold.ts'
import { isSettled } from './trust.ts'

interface Found {
  readonly reading: CloudReading
  readonly states: readonly LoadedState[]
  /** By key; what only the read by id finds is added. */
  readonly seen: Map<string, SeenResource>
}

/** Absence is proved by a complete list and a read by id, both after reads have stopped lagging. */
export async function proveAbsent(
  { ports }: SyncScope,
  { type }: TableAt,
  { reading, states, seen }: Found,
): Promise<readonly LoadedState[]> {
  const candidates = states.filter(
    (state) =>
      state.cloudId !== null &&
      !reading.listed.has(canonicalJson(state.cloudId)) &&
      state.claimedBy === null &&
      isSettled(ports, type, reading.startedAt, state),
  )
  if (candidates.length === 0) return []
  const found = await reading.get(candidates.flatMap(({ cloudId }) => (cloudId ? [cloudId] : [])))
  for (const one of found) seen.set(one.key, one)
  const isKnown = (key: string): boolean => seen.has(key) || reading.unread.has(key)
  return candidates.filter((state) => state.cloudId && !isKnown(canonicalJson(state.cloudId)))
}

/** What is gone of one table at one place. */
export interface Absence {
  readonly at: TableAt
  readonly reading: CloudReading
  readonly states: readonly LoadedState[]
  readonly absent: readonly LoadedState[]
}

interface Noted {
  readonly notices: readonly string[]
  /** What is not done because it would remove more rows than usual. */
  readonly asks: readonly string[]
  /** Rows that stay although their resource is gone, where that is news. */
  readonly found: number
  /** Rows that go. */
  readonly going: number
}

type Fate = 'goes' | 'stays' | 'edited' | 'deleted'

/** Marks what is gone of a table at all the places that could be read; rows leave the tables later. */
export async function noteAbsent(
  scope: SyncScope,
  type: ResourceType,
  absences: readonly Absence[],
): Promise<Noted> {
  const held = absences.flatMap(({ states }) => states).filter((state) => state.cloudId !== null).length
  const all = absences.flatMap(({ absent }) => absent)
  const going = all.filter((state) => isNew(state) && fateOf(scope, state) === 'goes')
  const ask =
    scope.confirm || going.length === 0
      ? undefined
      : tooMany(type, { removed: going.length, held }, await loadSettings(scope.db, scope.tenant))
  for (const { reading, absent } of absences) {
    await storeObservations(scope.db, scope.tenant, {
      table: type.name,
      readStarted: reading.startedAt,
      observations: absent.flatMap((state) => noteOf(scope, state, ask !== undefined) ?? []),
    })
  }
  const news = all.filter((state) => state.observed !== null)
  const unknown = all.filter((state) => !state.drift[whole])
  const kept = unknown.filter((state) => fateOf(scope, state) === 'stays')
  const edited = news.filter((state) => fateOf(scope, state) === 'edited')
  return {
    notices: [
      ...keptNotice(type, kept.length),
      ...edited.map(
        (state) =>
          `${type.name} ${shownName(type, state.desired ?? {}, state.cloudId) ?? state.rowId} is gone in the cloud and edited here: it is kept, and an apply creates it again.`,
      ),
    ],
    asks: ask ? [ask] : [],
    found: unknown.filter((state) => staying(fateOf(scope, state), ask !== undefined)).length,
    going: ask === undefined ? going.length : 0,
  }
}

const staying = (fate: Fate, isAsking: boolean): boolean =>
  fate === 'stays' || fate === 'edited' || (fate === 'goes' && isAsking)

/** Under this name the drift of a resource says that all of it is gone. */
const whole = ''

/** Not yet allowed to go by an earlier sync. */
const isNew = (state: LoadedState): boolean => state.observed !== null || state.drift[whole]?.goes !== true

function fateOf({ policy }: SyncScope, state: LoadedState): Fate {
  const existence = {
    desired: state.desired !== null,
    base: state.base !== null,
    observed: false,
    isEdited: state.edit !== null,
    isCompanion: state.companionOf !== null,
    // What refers to it is asked just before it goes.
    isReferenced: false,
  }
  switch (decide('sync', existence, state.isExternal ? 'track' : policy(state.table, state.rowId, whole))) {
    case 'drop':
      return 'goes'
    case 'missing':
      return 'stays'
    case 'conflict':
      return 'edited'
    default:
      return 'deleted'
  }
}

/** Undefined when nothing is new. While the user is asked, everything stays as it was but for the drift. */
function noteOf(scope: SyncScope, state: LoadedState, isAsking: boolean): Observation | undefined {
  const { resourceId, base, baseVersion, companionOf } = state
  const fate = fateOf(scope, state)
  if (resourceId === null || (fate === 'deleted' && state.observed === null)) return undefined
  const record = {
    resource_id: resourceId,
    base,
    base_version: baseVersion,
    companion_of: companionOf,
    natural_name: null,
  }
  const isAsked = isAsking && fate === 'goes' && isNew(state)
  const mark: Drift = { [whole]: { by: scope.executionId, goes: fate === 'goes' && !isAsked } }
  if (isAsked)
    return { ...record, observed: state.observed, unprojected: null, drift: { ...state.drift, ...mark } }
  return { ...record, observed: null, unprojected: null, drift: fate === 'deleted' ? {} : mark }
}
