/** Before a create under a name that a user gave: does the cloud have that name already? */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Place } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { asAdoption } from '#engine/plan/adoption.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'
import type { Queryable } from '#postgres/database.ts'
import { findResources } from '#postgres/statements/resource-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'
import { placeOf } from '../sync/places.ts'
import { indexReferences, readRow, referencesIn } from '../sync/row-references.ts'
import { knownFrom } from './known-from.ts'
import type { LoadedStates } from './load-neighbours.ts'
import { type Candidate, type Found, type LookedUp, lookUpNames, unsureOf } from './look-up-names.ts'
import { resolveRow } from './resolve-row.ts'

export interface AdoptionScope {
  readonly ports: Ports
  readonly db: Queryable
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly states: LoadedStates
  readonly signal: AbortSignal
}

/** The changes, with creates of what exists already turned into adoptions. */
export async function findAdoptions(
  scope: AdoptionScope,
  changes: readonly PlannedChange[],
): Promise<readonly PlannedChange[]> {
  const adopted = new Map<string, PlannedChange>()
  for (const [, group] of Map.groupBy(changes.filter(isNamedCreate(scope)), groupKey)) {
    const first = group[0]
    const type = first && scope.tables.type(first.table)
    if (!first || !type?.mapper) continue
    for (const change of await adoptGroup(scope, type, type.mapper, group)) adopted.set(change.key, change)
  }
  return adopted.size === 0 ? changes : changes.map((change) => adopted.get(change.key) ?? change)
}

const isNamedCreate =
  ({ tables, states }: AdoptionScope) =>
  (change: PlannedChange): boolean =>
    change.action === 'create' &&
    tables.lookup.get(change.table)?.named === true &&
    // What our own unanswered call made is no stranger's.
    !states.get(change.key)?.isUnsettled

const groupKey = ({ table, place }: PlannedChange): string => `${table} ${place.accountId} ${place.region}`

async function adoptGroup(
  scope: AdoptionScope,
  type: ResourceType,
  mapper: Mapper,
  group: readonly PlannedChange[],
): Promise<readonly PlannedChange[]> {
  const place = placeOf(scope.ports, group[0]?.place)
  const api = scope.ports.cloud.api(mapper.client, place, scope.signal)
  const candidates = group.flatMap((change) => candidateOf(scope, type, change) ?? [])
  const { found, unsure } = await lookUpNames({ type, mapper, api }, candidates).catch((error: unknown) => {
    scope.signal.throwIfAborted()
    return outOfReach(candidates, error)
  })
  const strange = await strangers(scope, type, place, found, mapper)
  const rows = strange.map(({ change, seen }) => ({
    change,
    seen: mapper.toRow(seen),
    id: mapper.idOf(seen),
  }))
  const index = await indexReferences(
    scope.db,
    scope.tenant,
    rows.flatMap(({ seen }) => referencesIn(seen)),
  )
  const adoptions = rows.map(({ change, seen, id }) =>
    asAdoption(change, type, {
      cloudId: id,
      observed: readRow(type, seen, index, change.place).row,
      desired: scope.states.get(change.key)?.desired ?? {},
    }),
  )
  return [...adoptions, ...unsure]
}

/** A place that nobody reaches is no reason to plan nothing elsewhere. */
function outOfReach(candidates: readonly Candidate[], error: unknown): LookedUp {
  if (!(error instanceof IasqlError) || error.code !== 'cloud/unreachable') throw error
  return { found: [], unsure: candidates.map((candidate) => unsureOf(candidate, error)) }
}

/** Without what another row stands for, which may be on its way out, and without what is not this account's to take. */
async function strangers(
  { db, tenant }: AdoptionScope,
  type: ResourceType,
  place: Place,
  found: readonly Found[],
  mapper: Mapper,
): Promise<readonly Found[]> {
  const names = found.map(({ seen }) => ({ table_name: type.name, cloud_id: mapper.idOf(seen) }))
  const recorded = await findResources(db, tenant, names)
  const ours = new Set(
    recorded
      .filter((record) => record.account_id === null || record.account_id === place.accountId)
      .filter((record) => record.region === null || record.region === place.region)
      .map((record) => canonicalJson(record.cloud_id)),
  )
  return found.filter(
    ({ seen }) => !ours.has(canonicalJson(mapper.idOf(seen))) && !mapper.isExternal?.(seen, place),
  )
}

/** Undefined when the row points at something that does not exist yet: then it cannot exist either. */
function candidateOf(scope: AdoptionScope, type: ResourceType, change: PlannedChange): Candidate | undefined {
  const desired = scope.states.get(change.key)?.desired
  if (!desired) return undefined
  const { want, missing } = resolveRow(type, desired, knownFrom(scope.states, scope.tables))
  return missing.length > 0 ? undefined : { change, want }
}
