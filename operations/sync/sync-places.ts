/** All kinds of resources at all places, parents first; then what is gone leaves, all at once. Resumable. */
import { IasqlError } from '#engine/model/error.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { dropPoliciesOfGoneRows } from '#postgres/statements/drift-policy-drop.ts'
import { loadPolicy } from '../drift/load-policy.ts'
import { publishDrift } from '../drift/publish-drift.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { dropUnreferred } from '../external/drop-unreferred.ts'
import { listedIds } from '../external/listed-ids.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { type Absence, noteAbsent } from './absence.ts'
import { dropAbsent } from './drop-absent.ts'
import { type TenantPlaces, tenantPlaces } from './places.ts'
import { storeRows } from './store-rows.ts'
import { dependsOnFailure, type Failure, type SyncMemory } from './sync-memory.ts'
import type { SyncScope } from './sync-scope.ts'
import { syncTable, type TableSync } from './sync-table.ts'

/** Places read at once. */
const placesAtATime = 4
/** Failures that are remembered and named. */
const mostFailures = 50

export interface SyncWork {
  readonly context: ExecutionContext
  readonly tables: InstalledTables
  /** Parents before children. */
  readonly types: readonly ResourceType[]
  readonly confirm: boolean
}

/** Works until all is done, or until the invocation has to hand over: then `isDone` is false. */
export async function syncPlaces(
  work: SyncWork,
  memory: SyncMemory,
): Promise<{ readonly isDone: boolean; readonly memory: SyncMemory }> {
  const { context, types } = work
  const scope = await scopeOf(work)
  const places = await tenantPlaces(context.ports.platform, context.tenant)
  let now = memory
  while (now.at < types.length * 2) {
    if (context.cancelled.aborted) throw new IasqlError('apply/cancelled', 'the sync was cancelled')
    if (context.ports.clock.now().getTime() > context.deadlineMs) return { isDone: false, memory: now }
    const isReading = now.at < types.length
    if (now.at === types.length) await dropGone(work, scope)
    const type = isReading ? types[now.at] : types[types.length * 2 - 1 - now.at]
    if (type?.mapper) {
      now = isReading
        ? await readType(work, scope, type, placesOf(type, places), now)
        : await freeType(work, scope, type, now)
    }
    now = { ...now, at: now.at + 1 }
  }
  await dropPoliciesOfGoneRows(scope.db, scope.tenant)
  return { isDone: true, memory: now }
}

const scopeOf = async ({ context, tables, confirm }: SyncWork): Promise<SyncScope> => ({
  ports: context.ports,
  db: context.ports.platform,
  tenant: context.tenant,
  tables,
  signal: AbortSignal.any([context.lost, context.cancelled]),
  listed: listedIds(),
  confirm,
  executionId: context.execution.execution_id,
  policy: await loadPolicy(context.ports.platform, context.tenant),
})

const placesOf = (type: ResourceType, places: TenantPlaces): readonly RowPlace[] => {
  if (type.place === 'tenant') return [places.tenant]
  return type.place === 'global' ? places.accounts : places.regions
}

async function readType(
  work: SyncWork,
  scope: SyncScope,
  type: ResourceType,
  places: readonly RowPlace[],
  memory: SyncMemory,
): Promise<SyncMemory> {
  const readable = places.filter((place) => !dependsOnFailure(type, place, memory.failures))
  const failures: Failure[] = []
  const absences: Absence[] = []
  let found = 0
  for (let from = 0; from < readable.length; from += placesAtATime) {
    const batch = readable.slice(from, from + placesAtATime)
    const results = await together(scope, batch, (one, place) => readOne(work, one, type, place))
    for (const result of results) {
      if ('code' in result) {
        failures.push(result)
        continue
      }
      found += result.found
      if (result.absence) absences.push(result.absence)
    }
  }
  const gone = await noteAbsent(scope, type, absences)
  for (const notice of gone.notices) work.context.progress.notice(notice)
  await publishDrift(work.context, type.name, found + gone.found)
  return {
    ...memory,
    failures: [...memory.failures, ...failures].slice(0, mostFailures),
    asks: [...memory.asks, ...gone.asks],
  }
}

/** The first that fails ends the others; nothing goes on after this has ended. */
async function together<Result>(
  scope: SyncScope,
  places: readonly RowPlace[],
  read: (scope: SyncScope, place: RowPlace) => Promise<Result>,
): Promise<readonly Result[]> {
  const failed = new AbortController()
  const signal = AbortSignal.any([scope.signal, failed.signal])
  const reads = places.map(async (place) => {
    try {
      return await read({ ...scope, signal }, place)
    } catch (error) {
      failed.abort(error)
      throw error
    }
  })
  await Promise.allSettled(reads)
  failed.signal.throwIfAborted()
  return await Promise.all(reads)
}

async function readOne(
  { context }: SyncWork,
  scope: SyncScope,
  type: ResourceType,
  place: RowPlace,
): Promise<TableSync | Failure> {
  const { progress, execution, tenant, ports } = context
  const where = place.region ?? place.accountId ?? 'the account'
  const report = (state: string, message: string): void =>
    progress.report({ changeId: null, table: type.name, row: where, action: 'sync', state, message })
  report('started', '')
  try {
    const result = await syncTable(scope, { type, place })
    await storeRows(ports.platform, tenant, execution, result.rows)
    for (const notice of result.notices) progress.notice(notice)
    report('done', `${result.rows.length} rows changed`)
    return result
  } catch (error) {
    if (!(error instanceof IasqlError) || error.blame !== 'cloud') throw error
    scope.signal.throwIfAborted()
    report('failed', error.message)
    return { table: type.name, where, ...place, message: error.message, code: error.code }
  }
}

async function dropGone({ context, tables, types }: SyncWork, scope: SyncScope): Promise<void> {
  const { execution, progress } = context
  const drop = { execution, synced: types, installed: tables.types }
  for (const notice of await dropAbsent(scope, drop)) progress.notice(notice)
}

async function freeType(
  { context, tables }: SyncWork,
  scope: SyncScope,
  type: ResourceType,
  memory: SyncMemory,
): Promise<SyncMemory> {
  const unreferred = await dropUnreferred(scope, type, tables.types)
  await storeRows(scope.db, scope.tenant, context.execution, unreferred)
  return memory
}
