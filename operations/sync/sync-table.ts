/** One kind of resource at one place: what the cloud has against what the rows say, merged in sets. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { listExpressions } from '#engine/expression/expression.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import { type CloudReference, isCloudReference } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import { naturalName } from '#engine/plan/natural-name.ts'
import { unqualified } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { type Observation, storeObservations } from '#postgres/statements/resource-observe.ts'
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import { type LoadedState, loadStates } from '../plan/load-states.ts'
import { isTrusted, noteAbsent, proveAbsent } from './absence.ts'
import { asSent, type Conflict, conflictOf, tellConflicts } from './conflicts.ts'
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
  const linked =
    imported.rows.length > 0 ? await linkImported(scope, at, { reading, seen: all, index }) : none
  const conflicts = [...new Set([...merged.conflicts, ...linked.conflicts])]
  const gone = await noteAbsent(scope, at, { reading, states, absent })
  const told = new Set([...imported.rows, ...merged.rows].map(({ id }) => id))
  return {
    rows: [...imported.rows, ...merged.rows, ...linked.rows.filter(({ id }) => !told.has(id))],
    notices: [...imported.notices, ...tellConflicts(at, conflicts), ...gone.notices],
    asks: gone.asks,
  }
}

/** References within the table to rows that were only just imported, of new rows and of known ones. */
async function linkImported(
  scope: SyncScope,
  at: TableAt,
  read: Pick<Merging, 'reading' | 'index'> & { readonly seen: readonly SeenResource[] },
): Promise<Merged> {
  const { db, tenant } = scope
  const { type, place } = at
  const isLoose = (reference: CloudReference): boolean =>
    unqualified(reference.$ref) === type.name && !read.index.find(reference, place)
  const loose = read.seen.filter(({ row }) => referencesIn(row).some(isLoose))
  if (loose.length === 0) return none
  const index = await indexReferences(
    db,
    tenant,
    loose.flatMap(({ row, parent }) => [...referencesIn(row), ...(parent ? [parent] : [])]),
  )
  const states = await loadStates(db, tenant, type, { kind: 'place', ...place })
  const seen = new Map(loose.map((one) => [one.key, one]))
  return await mergeKnown(scope, at, { reading: read.reading, states, seen, index })
}

interface Merged {
  readonly rows: readonly SyncRow[]
  readonly conflicts: readonly Conflict[]
}

const none: Merged = { rows: [], conflicts: [] }

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
): Promise<Merged> {
  const observations: Observation[] = []
  const conflicts: Conflict[] = []
  const pulled = new Map<number, SyncRow>()
  for (const state of states) {
    const one = state.cloudId && seen.get(canonicalJson(state.cloudId))
    if (!one || state.resourceId === null || !isTrusted(scope.ports, type, reading.startedAt, state)) continue
    const { row } = readRow(type, one.row, index, place)
    const companionOf = (one.parent && index.find(one.parent, place)?.resource_id) ?? null
    const conflict = conflictOf(type, state, toldOf(one, row))
    if (conflict) conflicts.push(conflict)
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
  const rows = [...pulled].flatMap(([resourceId, row]) => (taken.has(resourceId) ? [row] : []))
  return { rows, conflicts }
}

/** Without references to what no row describes: nothing here can be compared with them. */
const toldOf = ({ row: seen }: SeenResource, row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).filter(([name, value]) => value !== null || !isCloudReference(seen[name])),
  )

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
  const settled = settleRow(type, { desired: asSent(desired, base), base, observed })
  const write = Object.fromEntries(
    Object.entries(settled.write).filter(([column]) => listExpressions(desired[column] ?? null).length === 0),
  )
  const expected = Object.fromEntries(Object.keys(write).map((column) => [column, desired[column] ?? null]))
  const unprojected = Object.keys(write).length > 0 ? { write, expected } : null
  const isSame = !isNews && !unprojected && canonicalJson(settled.base) === canonicalJson(base)
  return isSame ? undefined : { ...record, base: settled.base, unprojected }
}
