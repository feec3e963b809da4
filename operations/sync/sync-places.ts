/** All kinds of resources at all places, parents first; then what is gone leaves, children first. Resumable. */
import { IasqlError } from '#engine/model/error.ts'
import { type RowPlace, unqualified } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { appendExecutionRows } from '#postgres/statements/execution-rows.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { dropAbsent } from './drop-absent.ts'
import { type TenantPlaces, tenantPlaces } from './places.ts'
import type { Failure, SyncMemory } from './sync-memory.ts'
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
  const scope = scopeOf(work)
  const places = await tenantPlaces(context.ports.platform, context.tenant)
  let now = memory
  while (now.at < types.length * 2) {
    if (context.cancelled.aborted) throw new IasqlError('apply/cancelled', 'the sync was cancelled')
    if (context.ports.clock.now().getTime() > context.deadlineMs) return { isDone: false, memory: now }
    const isReading = now.at < types.length
    const type = isReading ? types[now.at] : types[types.length * 2 - 1 - now.at]
    if (type?.mapper) {
      now = isReading
        ? await readType(work, scope, type, placesOf(type, places), now)
        : await dropType(work, scope, type, now)
    }
    now = { ...now, at: now.at + 1 }
  }
  return { isDone: true, memory: now }
}

const scopeOf = ({ context, tables, confirm }: SyncWork): SyncScope => ({
  ports: context.ports,
  db: context.ports.platform,
  tenant: context.tenant,
  tables,
  signal: AbortSignal.any([context.lost, context.cancelled]),
  confirm,
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
  const asks: string[] = []
  for (let from = 0; from < readable.length; from += placesAtATime) {
    await Promise.all(
      readable.slice(from, from + placesAtATime).map(async (place) => {
        const result = await readOne(work, scope, type, place)
        if ('code' in result) failures.push(result)
        else asks.push(...result.asks)
      }),
    )
  }
  return {
    ...memory,
    failures: [...memory.failures, ...failures].slice(0, mostFailures),
    asks: [...memory.asks, ...asks],
  }
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
    progress.report({ changeId: null, table: type.name, row: null, action: 'sync', state, message })
  report('started', where)
  try {
    const result = await syncTable(scope, { type, place })
    await appendExecutionRows(ports.platform, tenant, execution.execution_id, result.rows)
    for (const notice of result.notices) progress.notice(notice)
    report('done', `${where}: ${result.rows.length} rows changed`)
    return result
  } catch (error) {
    if (!(error instanceof IasqlError) || error.blame !== 'cloud') throw error
    context.cancelled.throwIfAborted()
    report('failed', `${where}: ${error.message}`)
    return { table: type.name, where, message: error.message, code: error.code }
  }
}

/** What a failed read would have told about parents is missing: children would only be left out row by row. */
const dependsOnFailure = (type: ResourceType, place: RowPlace, failures: readonly Failure[]): boolean =>
  failures.some(
    ({ table, where }) =>
      where === place.region &&
      Object.values(type.columns).some(
        ({ reference }) => reference && unqualified(reference.table) === table && table !== type.name,
      ),
  )

async function dropType(
  { context, tables }: SyncWork,
  scope: SyncScope,
  type: ResourceType,
  memory: SyncMemory,
): Promise<SyncMemory> {
  const { rows, notices } = await dropAbsent(scope, type, tables.types)
  await appendExecutionRows(context.ports.platform, context.tenant, context.execution.execution_id, rows)
  for (const notice of notices) context.progress.notice(notice)
  return memory
}
