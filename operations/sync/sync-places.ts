/** All kinds of resources at all places, read ahead and stored parents first; then what is gone leaves, all at once. Resumable. */
import type { PolicyLookup } from '#engine/merge/drift-policy.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { dropPoliciesOfGoneRows } from '#postgres/statements/drift-policy-drop.ts'
import { tablesReferredOnly } from '#postgres/statements/resource-external.ts'
import { loadPolicy } from '../drift/load-policy.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { dropUnreferred } from '../external/drop-unreferred.ts'
import { listedIds } from '../external/listed-ids.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { dropAbsent } from './drop-absent.ts'
import { type TenantPlaces, tenantPlaces } from './places.ts'
import { readAhead } from './read-ahead.ts'
import { readCloud } from './read-cloud.ts'
import { storeRows } from './store-rows.ts'
import type { DriftCheck } from './sync-arguments.ts'
import { dependsOnFailure, type SyncMemory } from './sync-memory.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'
import { syncType } from './sync-type.ts'

const noAccount =
  'No account is linked, so there is nothing to read: SELECT * FROM iasql_account_role_template() makes roles to link one by.'

export interface SyncWork {
  readonly context: ExecutionContext
  readonly tables: InstalledTables
  /** Parents before children. */
  readonly types: readonly ResourceType[]
  readonly confirm: boolean
  /** Only this place is read. */
  readonly check?: DriftCheck | undefined
}

interface Synced {
  readonly isDone: boolean
  readonly memory: SyncMemory
}

/** Works until all is done, or until the invocation has to hand over: then `isDone` is false. */
export async function syncPlaces(work: SyncWork, memory: SyncMemory): Promise<Synced> {
  const { context, types } = work
  const scope = await scopeOf(work)
  const { isDone, memory: read } = await readTypes(work, scope, memory)
  let now = read
  if (!isDone) return { isDone, memory: now }
  const referred = await tablesReferredOnly(scope.db, scope.tenant)
  while (now.at < types.length * 2) {
    refuseCancelled(context)
    if (isDue(context)) return { isDone: false, memory: now }
    if (now.at === types.length && !scope.isLooking) await dropGone(work, scope)
    const type = types[types.length * 2 - 1 - now.at]
    if (type && !scope.isLooking && referred.has(type.name)) await freeType(work, scope, type)
    now = { ...now, at: now.at + 1 }
  }
  await dropPoliciesOfGoneRows(scope.db, scope.tenant)
  return { isDone: true, memory: now }
}

const isRead =
  ({ check }: SyncWork) =>
  ({ accountId, region }: RowPlace): boolean =>
    !check || (region === check.region && (accountId === null || accountId === check.accountId))

/** What a sync would take over is only listed. */
const looking =
  (policy: PolicyLookup): PolicyLookup =>
  (...of) => {
    const own = policy(...of)
    return own === 'track' ? 'observe' : own
  }

const scopeOf = async ({ context, tables, confirm, check }: SyncWork): Promise<SyncScope> => ({
  ports: context.ports,
  db: context.ports.platform,
  tenant: context.tenant,
  tables,
  signal: AbortSignal.any([context.lost, context.cancelled]),
  listed: listedIds(),
  confirm,
  executionId: context.execution.execution_id,
  policy: (check?.isLooking ? looking : (policy: PolicyLookup) => policy)(
    await loadPolicy(context.ports.platform, context.tenant),
  ),
  isLooking: check?.isLooking ?? false,
})

function refuseCancelled({ cancelled }: ExecutionContext): void {
  if (cancelled.aborted) throw new IasqlError('apply/cancelled', 'the sync was cancelled')
}

/** Whether the invocation has to hand over. */
const isDue = ({ ports, deadlineMs }: ExecutionContext): boolean => ports.clock.now().getTime() > deadlineMs

async function readTypes(work: SyncWork, whole: SyncScope, memory: SyncMemory): Promise<Synced> {
  const { context, types } = work
  const ended = new AbortController()
  const scope = { ...whole, signal: AbortSignal.any([whole.signal, ended.signal]) }
  const places = await tenantPlaces(scope.db, scope.tenant)
  if (places.accounts.length === 0 && memory.at === 0) context.progress.notice(noAccount)
  const isWanted = isRead(work)
  const left = types
    .slice(memory.at)
    .map((type) => ({ type, tables: tablesAt(type, places).filter(({ place }) => isWanted(place)) }))
  let now = memory
  const ahead = readAhead({
    order: left.flatMap(({ tables }) => tables),
    isWanted: ({ type, place }) => !dependsOnFailure(type, place, now.failures),
    read: (at) => readCloud(scope, at),
  })
  try {
    for (const one of left) {
      refuseCancelled(context)
      if (isDue(context)) return { isDone: false, memory: now }
      now = await syncType({ context, scope, ahead, fail: (reason) => ended.abort(reason) }, one, now)
      now = { ...now, at: now.at + 1 }
    }
    return { isDone: true, memory: now }
  } finally {
    ended.abort()
    await ahead.end()
  }
}

const tablesAt = (type: ResourceType, places: TenantPlaces): readonly TableAt[] =>
  type.mapper ? placesOf(type, places).map((place) => ({ type, place })) : []

const placesOf = (type: ResourceType, places: TenantPlaces): readonly RowPlace[] => {
  if (type.place === 'tenant') return places.accounts.length > 0 ? [places.tenant] : []
  return type.place === 'global' ? places.accounts : places.regions
}

async function dropGone({ context, tables, types }: SyncWork, scope: SyncScope): Promise<void> {
  const { execution, progress } = context
  const drop = { execution, synced: types, installed: tables.types }
  for (const notice of await dropAbsent(scope, drop)) progress.notice(notice)
}

async function freeType({ context, tables }: SyncWork, scope: SyncScope, type: ResourceType): Promise<void> {
  const unreferred = await dropUnreferred(scope, type, tables.types)
  await storeRows(scope.db, scope.tenant, context.execution, unreferred)
}
