/** One kind of resource at one place: what the cloud has against what the rows say, merged in sets. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { listExpressions } from '#engine/expression/expression.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { Row } from '#engine/model/json.ts'
import { naturalName } from '#engine/plan/natural-name.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { type Observation, storeObservations } from '#postgres/statements/resource-observe.ts'
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import { type LoadedState, loadStates } from '../plan/load-states.ts'
import { isTrusted, noteAbsent, proveAbsent } from './absence.ts'
import { importSeen } from './import-seen.ts'
import { type CloudReading, readCloud, type SeenResource } from './read-cloud.ts'
import { indexReferences, type ResourceIndex, readRow, referencesIn } from './row-references.ts'
import { type SyncRow, syncRow } from './sync-row.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'

export interface TableSync {
  readonly rows: readonly SyncRow[]
  readonly notices: readonly string[]
  /** What was not done because it would remove more rows than usual. */
  readonly asks: readonly string[]
}

export async function syncTable(scope: SyncScope, at: TableAt): Promise<TableSync> {
  const { ports, db, tenant, signal } = scope
  const { type, place } = at
  if (!type.mapper) return { rows: [], notices: [], asks: [] }
  const reading = await readCloud(ports, type, type.mapper, place, signal)
  const states = await loadStates(db, tenant, type, { kind: 'place', ...place })
  const seen = new Map(reading.seen.map((one) => [one.key, one]))
  const missing = states.filter((state) => state.cloudId && !seen.has(canonicalJson(state.cloudId)))
  const absent = await proveAbsent(scope, at, reading, missing, seen)
  const all = [...seen.values()]
  const index = await indexReferences(db, tenant, [
    ...all.flatMap(({ row }) => referencesIn(row)),
    ...all.flatMap(({ parent }) => parent ?? []),
  ])
  const merged = await mergeKnown(scope, at, { reading, states, seen, index })
  const imported = await importSeen(scope, at, { states, seen: all, index })
  const gone = await noteAbsent(scope, at, { reading, states, absent })
  return {
    rows: [...imported.rows, ...merged],
    notices: [...imported.notices, ...gone.notices],
    asks: gone.asks,
  }
}

interface Merging {
  readonly reading: CloudReading
  readonly states: readonly LoadedState[]
  readonly seen: ReadonlyMap<string, SeenResource>
  readonly index: ResourceIndex
}

async function mergeKnown(
  scope: SyncScope,
  { type, place }: TableAt,
  { reading, states, seen, index }: Merging,
): Promise<readonly SyncRow[]> {
  const observations: Observation[] = []
  const pulled = new Map<number, SyncRow>()
  for (const state of states) {
    const one = state.cloudId && seen.get(canonicalJson(state.cloudId))
    if (!one || state.resourceId === null || !isTrusted(scope.ports, type, reading.startedAt, state)) continue
    const { row } = readRow(type, one.row, index, place)
    const companionOf = (one.parent && index.find(one.parent, place)?.resource_id) ?? null
    const observation = observe(type, state, row, companionOf)
    if (!observation) continue
    observations.push(observation)
    if (observation.unprojected) pulled.set(state.resourceId, syncRow('update', type, state, row))
  }
  const taken = await storeObservations(scope.db, scope.tenant, {
    table: type.name,
    readStarted: reading.startedAt,
    observations,
  })
  if (pulled.size > 0) await projectOutputs(scope.db, scope.tenant, type)
  return [...pulled].flatMap(([resourceId, row]) => (taken.has(resourceId) ? [row] : []))
}

/** Undefined when nothing is new. */
function observe(
  type: ResourceType,
  state: LoadedState,
  observed: Row,
  companionOf: number | null,
): Observation | undefined {
  const { desired, base, resourceId } = state
  if (resourceId === null) return undefined
  const name = naturalName(type, observed)
  const isNews =
    canonicalJson(state.observed ?? null) !== canonicalJson(observed) || companionOf !== state.companionOf
  const record = { resource_id: resourceId, observed, companion_of: companionOf, natural_name: name }
  if (!desired || !base) return isNews ? { ...record, base, unprojected: null } : undefined
  const settled = settleRow(type, { desired: withoutExpressions(desired, base), base, observed })
  const write = Object.fromEntries(
    Object.entries(settled.write).filter(([column]) => listExpressions(desired[column] ?? null).length === 0),
  )
  const expected = Object.fromEntries(Object.keys(write).map((column) => [column, desired[column] ?? null]))
  const unprojected = Object.keys(write).length > 0 ? { write, expected } : null
  const isSame = !isNews && !unprojected && canonicalJson(settled.base) === canonicalJson(base)
  return isSame ? undefined : { ...record, base: settled.base, unprojected }
}

/** A column with an expression holds what it stood for when it was sent. */
const withoutExpressions = (desired: Row, base: Row): Row =>
  Object.fromEntries(
    Object.entries(desired).map(([column, value]) => [
      column,
      listExpressions(value).length > 0 ? (base[column] ?? null) : value,
    ]),
  )
