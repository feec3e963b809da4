/** What the steps of one apply share: the changes, what is known of other resources, the cloud and the ledger. */
import { createHash, randomUUID } from 'node:crypto'
import type { ExecutionEvent } from '#engine/execute/protocol.ts'
import type { PolicyLookup } from '#engine/merge/drift-policy.ts'
import type { CloudId, SeenRow } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { type RowPlace, resourceKey } from '#engine/plan/resource.ts'
import { loadPolicy } from '../drift/load-policy.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { type ListedIds, listedIds } from '../external/listed-ids.ts'
import { type InstalledTables, loadInstalledTables } from '../install/installed-tables.ts'
import { knownFrom } from '../plan/known-from.ts'
import type { Known } from '../plan/resolve-row.ts'
import { indexReferences, type ReferenceIndex, referencesIn } from '../sync/row-references.ts'
import { type CloudReader, cloudReader } from './cloud-reader.ts'
import { type Job, type Jobs, loadJobs, stepOf } from './jobs.ts'
import { learnedRows } from './learned-rows.ts'
import { type Ledger, LostExecution, openLedger } from './ledger.ts'
import { propagationOf } from './propagation.ts'
import { report } from './report.ts'
import { type CloudWriter, cloudWriter } from './write-cloud.ts'

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'atMs'> : never
/** What a handler tells the reducer; the loop adds the time. */
export type StepEvent = WithoutTime<Extract<ExecutionEvent, { readonly step: string }>>

export interface ApplyRun {
  readonly context: ExecutionContext
  readonly tables: InstalledTables
  readonly jobs: Jobs
  readonly reader: CloudReader
  readonly write: CloudWriter
  readonly listed: ListedIds
  readonly ledger: Ledger
  readonly known: Known
  /** What becomes of changes made in the cloud. */
  readonly policy: PolicyLookup
  /** Why a step was refused last, until the reducer decides what that means. */
  readonly refusals: Map<string, IasqlError>
  /** Since when a step is refused because of what another service has not heard of yet, milliseconds since the epoch. */
  readonly unheard: Map<string, number>
  /** Rows that came back and are to be as bare as they went, by table, once that was asked. */
  readonly bareRows: Map<string, Promise<ReadonlySet<number>>>
  /** On the way back of a commit, the outputs of what it has made, by table, once that was asked; absent: nothing is taken back. */
  readonly takenBack?: Map<string, Promise<ReadonlyMap<string, readonly Row[]>>>
  /** Since when no call has reached the cloud, milliseconds since the epoch. */
  readonly reach: { lostSinceMs: number | null }
  /** The rows of `place` that what was seen there refers to. */
  index(seen: SeenRow, place: RowPlace): Promise<ReferenceIndex>
  /** Tells what a resource is now, for those that refer to it. */
  learn(
    row: Pick<Job['change'], 'table' | 'rowId'>,
    news: { readonly cloudId: CloudId | null; readonly observed?: Row | null },
  ): void
}

/** `isTakingBack`: what the execution itself has made goes again. */
export interface RunOptions {
  readonly isTakingBack?: boolean
}

export async function openRun(
  context: ExecutionContext,
  signal: AbortSignal,
  { isTakingBack = false }: RunOptions = {},
): Promise<ApplyRun> {
  const { ports, tenant } = context
  const tables = await loadInstalledTables(ports, tenant)
  const jobs = await loadJobs(context, tables)
  const learned = learnedRows(jobs.states)
  const reader = cloudReader(ports, signal)
  return {
    context,
    tables,
    jobs,
    reader,
    write: cloudWriter(reader),
    listed: listedIds(),
    ledger: openLedger(context),
    known: knownFrom(jobs.states, tables),
    policy: await loadPolicy(ports.platform, tenant),
    refusals: new Map(),
    unheard: new Map(),
    bareRows: new Map(),
    ...(isTakingBack ? { takenBack: new Map() } : {}),
    reach: { lostSinceMs: null },
    async index(seen, place) {
      const unknown = referencesIn(seen).filter((reference) => learned.find(reference, place) === undefined)
      const stored = await (unknown.length > 0 ? indexReferences(ports.platform, tenant, unknown) : undefined)
      return {
        find(reference, at) {
          const rowId = learned.find(reference, at)
          return rowId === undefined ? stored?.find(reference, at) : { row_id: rowId }
        },
      }
    },
    learn({ table, rowId }, news) {
      const key = resourceKey(table, rowId)
      const state = jobs.states.get(key)
      if (state) jobs.states.set(key, { ...state, ...news })
      if (news.cloudId) learned.add({ table, rowId, cloudId: news.cloudId })
    },
  }
}

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

export type Attempted<Result> = { readonly result: Result } | { readonly refused: IasqlError }

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
  const isUnknown = error.code === 'cloud/unknown-outcome'
  const retry = isUnheard(run, stepKey, error) ? 'later' : error.retry
  const next = isUnknown ? 'it is looked up what became of it' : 'it is tried again'
  if (isUnknown || retry !== 'never')
    report(run, run.jobs.ofStep(stepKey), stepKey, `${error.message}; ${next}`)
  if (isUnknown) return { kind: 'outcomeUnknown', step: stepKey }
  return { kind: 'failed', step: stepKey, retry, message: error.message }
}

/** Tried again for as long as the table says; an emulator's services hear of everything at once. */
function isUnheard(
  { context: { ports }, jobs, unheard }: ApplyRun,
  stepKey: string,
  error: IasqlError,
): boolean {
  const propagation = propagationOf(jobs.ofStep(stepKey).type, error)
  if (!propagation) return false
  const nowMs = ports.clock.now().getTime()
  const sinceMs = unheard.get(stepKey) ?? nowMs
  unheard.set(stepKey, sinceMs)
  return nowMs - sinceMs < ports.cloud.settleMs(propagation.forMs)
}

/** How long an apply waits for a cloud that nothing reaches. */
const reachMs = 15_000

function isOutOfReach({ reach, context }: ApplyRun, error: IasqlError): boolean {
  if (error.code !== 'cloud/unreachable') return false
  const nowMs = context.ports.clock.now().getTime()
  reach.lostSinceMs ??= nowMs
  return nowMs - reach.lostSinceMs > reachMs
}
