/** What the steps of one apply share: the changes, what is known of other resources, the cloud and the ledger. */
import { createHash, randomUUID } from 'node:crypto'
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { ExecutionEvent } from '#engine/execute/protocol.ts'
import type { CloudId, SeenRow } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { type InstalledTables, loadInstalledTables } from '../install/installed-tables.ts'
import { knownFrom } from '../plan/known-from.ts'
import type { Known } from '../plan/resolve-row.ts'
import { indexReferences, type ReferenceIndex, referencesIn } from '../sync/row-references.ts'
import { type CloudReader, cloudReader } from './cloud-reader.ts'
import { type Job, type Jobs, loadJobs, stepOf } from './jobs.ts'
import { type Ledger, LostExecution, openLedger } from './ledger.ts'

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'atMs'> : never
/** What a handler tells the reducer; the loop adds the time. */
export type StepEvent = WithoutTime<Extract<ExecutionEvent, { readonly step: string }>>

export interface ApplyRun {
  readonly context: ExecutionContext
  readonly tables: InstalledTables
  readonly jobs: Jobs
  readonly reader: CloudReader
  readonly ledger: Ledger
  readonly known: Known
  /** Why a step was refused last, until the reducer decides what that means. */
  readonly refusals: Map<string, IasqlError>
  /** Since when no call has reached the cloud, milliseconds since the epoch. */
  readonly reach: { lostSinceMs: number | null }
  index(seen: SeenRow): Promise<ReferenceIndex>
  /** Tells what a resource is now, for those that refer to it. */
  learn(
    row: Pick<Job['change'], 'table' | 'rowId'>,
    news: { readonly cloudId: CloudId | null; readonly observed?: Row | null },
  ): void
}

export async function openRun(context: ExecutionContext, signal: AbortSignal): Promise<ApplyRun> {
  const { ports, tenant } = context
  const tables = await loadInstalledTables(ports, tenant)
  const jobs = await loadJobs(context, tables)
  const byCloudId = new Map<string, number>()
  const cloudKey = (table: string, id: CloudId): string => `${table} ${canonicalJson(id)}`
  for (const state of jobs.states.values()) {
    if (state.cloudId) byCloudId.set(cloudKey(state.table, state.cloudId), state.rowId)
  }
  return {
    context,
    tables,
    jobs,
    reader: cloudReader(ports, signal),
    ledger: openLedger(context),
    known: knownFrom(jobs.states, tables),
    refusals: new Map(),
    reach: { lostSinceMs: null },
    async index(seen) {
      const unknown = referencesIn(seen).filter(
        ({ $ref, id }) => !byCloudId.has(cloudKey(unqualifiedOf($ref), id)),
      )
      const stored = await (unknown.length > 0 ? indexReferences(ports.platform, tenant, unknown) : undefined)
      return {
        find(reference, place) {
          const table = unqualifiedOf(reference.$ref)
          const rowId = byCloudId.get(cloudKey(table, reference.id))
          return rowId === undefined ? stored?.find(reference, place) : { row_id: rowId }
        },
      }
    },
    learn({ table, rowId }, news) {
      const key = resourceKey(table, rowId)
      const state = jobs.states.get(key)
      if (state) jobs.states.set(key, { ...state, ...news })
      if (news.cloudId) byCloudId.set(cloudKey(table, news.cloudId), rowId)
    },
  }
}

const unqualifiedOf = (table: string): string => table.slice(table.indexOf('.') + 1)

/**
 * Of a create the same for every call until it is known what became of it, whichever change makes it, so that a repeated
 * call cannot make a second resource.
 */
export function tokenOf(run: ApplyRun, job: Job, stepKey: string): string {
  const { table, rowId } = job.change
  const isCreate = stepOf(job, stepKey).step.kind === 'create'
  const what = isCreate ? `${table}/${rowId}/${job.rowAttempt}` : `${job.changeId}/${stepKey}`
  return createHash('sha256').update(`${run.context.tenant.id}/${what}`).digest('hex')
}

type Attempted<Result> = { readonly result: Result } | { readonly refused: IasqlError }

/** A call to the cloud: refusals are values, because they decide what happens to one change only. */
export async function attempt<Result>(
  run: ApplyRun,
  call: () => Promise<Result>,
): Promise<Attempted<Result>> {
  try {
    const result = await call()
    run.reach.lostSinceMs = null
    return { result }
  } catch (error) {
    if (error instanceof LostExecution || run.context.lost.aborted) throw error
    if (error instanceof IasqlError) return { refused: error }
    const errorId = randomUUID()
    run.context.ports.log('error', 'a mapper failed', { errorId, error })
    const message = `Something went wrong on the server (error ${errorId}).`
    return { refused: new IasqlError('system/internal', message, { cause: error }) }
  }
}

/** Tells the reducer of a refusal; if that turns out to be final, the error is found in `refusals`. */
export function refusedEvent(run: ApplyRun, stepKey: string, error: IasqlError): StepEvent {
  run.refusals.set(stepKey, error)
  if (isOutOfReach(run, error))
    return { kind: 'failed', step: stepKey, retry: 'never', message: error.message }
  if (error.code === 'cloud/unknown-outcome') return { kind: 'outcomeUnknown', step: stepKey }
  return { kind: 'failed', step: stepKey, retry: error.retry, message: error.message }
}

/** How long an apply waits for a cloud that nothing reaches. */
const reachMs = 15_000

function isOutOfReach({ reach, context }: ApplyRun, error: IasqlError): boolean {
  if (error.code !== 'cloud/unreachable') return false
  const nowMs = context.ports.clock.now().getTime()
  reach.lostSinceMs ??= nowMs
  return nowMs - reach.lostSinceMs > reachMs
}
