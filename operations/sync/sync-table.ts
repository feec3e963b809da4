/** One kind of resource at one place: what the cloud has against what the rows say, merged in sets. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { listExpressions } from '#engine/expression/expression.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { Row } from '#engine/model/json.ts'
import { naturalName } from '#engine/plan/natural-name.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import type { Database } from '#postgres/database.ts'
import { type Observation, storeObservations } from '#postgres/statements/resource-observe.ts'
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { type LoadedState, loadStates } from '../plan/load-states.ts'
import type { Ports } from '../ports.ts'
import { importSeen } from './import-seen.ts'
import { type CloudReading, readCloud, type SeenResource } from './read-cloud.ts'
import { indexReferences, type ResourceIndex, readRow, referencesIn } from './row-references.ts'
import { type SyncRow, syncRow } from './sync-row.ts'
import { tooMany } from './threshold.ts'

export interface SyncScope {
  readonly ports: Ports
  readonly db: Database
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly signal: AbortSignal
  /** Whether rows may go in whatever number. */
  readonly confirm: boolean
}

export interface TableSync {
  readonly rows: readonly SyncRow[]
  readonly notices: readonly string[]
  /** What was not done because it would remove more rows than usual. */
  readonly asks: readonly string[]
}

export interface TableAt {
  readonly type: ResourceType
  readonly place: RowPlace
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

/** Absence is proved by a complete list and a read by id, both after reads have stopped lagging. */
async function proveAbsent(
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

const isTrusted = (ports: Ports, type: ResourceType, startedAt: Date, state: LoadedState): boolean => {
  if (state.claimedBy !== null) return false
  const writtenMs = state.writtenAt ? new Date(state.writtenAt).getTime() : 0
  return startedAt.getTime() >= writtenMs + ports.cloud.settleMs(type.settleMs)
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

interface Absence {
  readonly reading: CloudReading
  readonly states: readonly LoadedState[]
  readonly absent: readonly LoadedState[]
}

/** Marks what is gone; rows leave the tables later, children before parents. */
async function noteAbsent(
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
