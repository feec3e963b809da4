/** One kind of resource at all its places, in sets: what fails at one of them is told, and the others go on. */
import { IasqlError } from '#engine/model/error.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { publishDrift } from '../drift/publish-drift.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { type Absence, noteAbsent } from './absence.ts'
import type { ReadAhead } from './read-ahead.ts'
import { storeRows } from './store-rows.ts'
import { dependsOnFailure, type Failure, type SyncMemory } from './sync-memory.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'
import { syncTable, type TableSync } from './sync-table.ts'

/** Places stored at once. */
const placesAtATime = 4
/** Failures that are remembered and named. */
const mostFailures = 50

export interface TypeSync {
  readonly context: ExecutionContext
  readonly scope: SyncScope
  readonly ahead: ReadAhead
  /** Ends the whole sync, its reads included. */
  fail(reason: unknown): void
}

export async function syncType(
  sync: TypeSync,
  { type, tables }: { readonly type: ResourceType; readonly tables: readonly TableAt[] },
  memory: SyncMemory,
): Promise<SyncMemory> {
  const { context, scope } = sync
  const readable = tables.filter(({ place }) => !dependsOnFailure(type, place, memory.failures))
  const failures: Failure[] = []
  const absences: Absence[] = []
  let found = 0
  let taken = 0
  for (let from = 0; from < readable.length; from += placesAtATime) {
    for (const result of await together(sync, readable.slice(from, from + placesAtATime))) {
      if ('code' in result) {
        failures.push(result)
        continue
      }
      found += result.found
      taken += result.rows.filter(({ action }) => action !== 'create').length
      absences.push(result.absence)
    }
  }
  const gone = await noteAbsent(scope, type, absences)
  for (const notice of gone.notices) context.progress.notice(notice)
  const drifted = { kept: found + gone.found, taken: taken + gone.going }
  await publishDrift(context, type.name, drifted.kept)
  const listed = absences.reduce((sum, { reading }) => sum + reading.seen.length, 0)
  return {
    ...memory,
    listed: memory.listed + (type.access === 'read' ? 0 : listed),
    drifted: drifted.kept + drifted.taken > 0 ? { ...memory.drifted, [type.name]: drifted } : memory.drifted,
    failures: [...memory.failures, ...failures].slice(0, mostFailures),
    asks: [...memory.asks, ...gone.asks],
  }
}

/** The first that fails ends the others; nothing goes on after this has ended. */
async function together(
  sync: TypeSync,
  tables: readonly TableAt[],
): Promise<readonly (TableSync | Failure)[]> {
  const all = tables.map(async (at) => {
    try {
      return await syncOne(sync, at)
    } catch (error) {
      sync.fail(error)
      throw error
    }
  })
  await Promise.allSettled(all)
  sync.scope.signal.throwIfAborted()
  return await Promise.all(all)
}

async function syncOne({ context, scope, ahead }: TypeSync, at: TableAt): Promise<TableSync | Failure> {
  const { type, place } = at
  const { progress, execution, tenant, ports } = context
  const where = place.region ?? place.accountId ?? 'the account'
  const report = (state: string, message: string): void =>
    progress.report({ changeId: null, table: type.name, row: where, action: 'sync', state, message })
  report('started', '')
  try {
    const result = await syncTable(scope, at, await ahead.take(at))
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
