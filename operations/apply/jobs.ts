/** The changes of one apply as the running invocation holds them: what was planned, how far each step is. */

import { isEnded } from '#engine/execute/settle-step.ts'
import type { StoredStep } from '#engine/execute/stored-step.ts'
import type { CloudId, Token } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { type ChangeRecord, loadChanges } from '#postgres/statements/change-load.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { addReferenced, addStates, type LoadedStates } from '../plan/load-neighbours.ts'
import { loadStates } from '../plan/load-states.ts'
import type { Cloud } from '../ports.ts'
import type { StoodFor } from './stood-for.ts'

export interface Waiting {
  readonly until: string
  /** The mapper is called afresh once that holds. */
  readonly again: boolean
  /** Why the latest look at it failed; absent: it was seen. */
  readonly unread?: string
}

/** A step with what must be found again after a crash. */
export interface JobStep extends StoredStep {
  /** What the step has made, once that is known. */
  readonly cloudId?: CloudId
  readonly waiting?: Waiting
  /** The outputs that its write gave it, of kinds that are taken back otherwise than they are deleted. */
  readonly made?: Row
  /** Of the expressions in the row when it was sent last. */
  readonly stoodFor?: readonly StoodFor[]
}

/** A planned change as an apply claims it. */
export type ClaimedChange = PlannedChange & { readonly isAdoptable?: boolean }

export interface Job {
  readonly changeId: number
  readonly change: PlannedChange
  readonly type: ResourceType
  /** Of an adoption: whether somebody was shown it before. */
  readonly isAdoptable: boolean
  steps: readonly JobStep[]
  /** Of the latest intent. */
  token: Token | null
  want: Row | null
  calledMs: number
  /** When its first call was about to be made; null: not yet. */
  startedMs: number | null
  /** When the call of the latest intent has ended for certain. */
  deadlineMs: number
  /** Creates of this row that are settled, over all changes. */
  rowAttempt: number
  /** Of the row's latest create: nobody knows what became of it, or it is known that it made nothing. */
  intent: 'none' | 'open' | 'refused'
  /** Of an unmarked create: when it was called first under its token. */
  firstCalledMs: number
  /** What there is of its kind just before it is called anew, ids as texts. */
  siblings: readonly string[] | null
  /** What may be what it made, of which somebody has to say which. */
  candidates: readonly string[] | null
  /** The service takes its token no more. */
  isTokenSpent?: boolean
  /** What the cloud was found to have instead of what the plan knew. */
  otherwise?: { readonly observed: Row; readonly columns: readonly string[] }
  /** Cloud id of the resource as the change shows it: the new one, or the one that went. */
  cloudId: CloudId | null
  /** Where the step under way makes its writes: its first call has waited for AWS's limits. */
  cloud?: Cloud
  /** A write of this change has gone through, or may have. */
  hasWritten: boolean
  /** Of the first of its steps that failed or was skipped. */
  errorCode?: string
  /** The old half of a replacement has a record of its own. */
  hasOrphan?: boolean
  /** What was made is not there when it is read back, after reads have stopped lagging. */
  isVanished?: boolean
}

export interface Jobs {
  readonly all: readonly Job[]
  /** Rows that are changed and what they refer to, by resource key; kept up to date as steps end. */
  readonly states: LoadedStates
  /** Keys of rows that are made anew. */
  readonly replaced: ReadonlySet<string>
  /** The job and its step of this key. */
  ofStep(stepKey: string): Job
}

export async function loadJobs(context: ExecutionContext, tables: InstalledTables): Promise<Jobs> {
  const { ports, tenant, execution } = context
  const records = await loadChanges(ports.platform, tenant, execution.execution_id)
  const all = records.map((record) => jobOf(record, tables))
  const states: LoadedStates = new Map()
  for (const [table, jobs] of Map.groupBy(all, (job) => job.change.table)) {
    // What an apply is done with may be uninstalled before the rest of it is done.
    if (!tables.lookup.has(table)) continue
    const ids = jobs.map((job) => job.change.rowId)
    for (const page of chunks(ids, 5_000)) {
      const type = tables.type(table)
      addStates(states, await loadStates(ports.platform, tenant, type, { kind: 'rows', ids: page }))
    }
  }
  await addReferenced({ db: ports.platform, tenant, tables }, states, [...states.values()])
  const byStep = new Map(all.flatMap((job) => job.steps.map(({ step }) => [step.key, job] as const)))
  const replaced = all.flatMap(({ change }) => (change.action === 'replace' ? [change.key] : []))
  return {
    all,
    states,
    replaced: new Set(replaced),
    ofStep(stepKey) {
      const job = byStep.get(stepKey)
      if (!job) throw new Error(`no change has a step ${stepKey}`)
      return job
    },
  }
}

const jobOf = (record: ChangeRecord, tables: InstalledTables): Job => {
  const change = record.planned as unknown as ClaimedChange
  const stored = record.steps as unknown as readonly JobStep[]
  const isOpen = record.open_token !== null && stored.some(isOpenCreate)
  return {
    changeId: record.change_id,
    change,
    type: tables.type(change.table),
    isAdoptable: change.isAdoptable ?? false,
    // A call that an earlier execution made and nobody answered is looked up before this one calls.
    steps: isOpen
      ? stored.map((one) => (isOpenCreate(one) ? { ...one, state: 'started' as const } : one))
      : stored,
    token: isOpen ? record.open_token : record.token,
    want: isOpen ? record.open_want : record.want,
    rowAttempt: record.row_attempt,
    intent: isOpen ? 'open' : 'none',
    firstCalledMs: isOpen ? msOf(record.open_since) : 0,
    siblings: null,
    candidates: isOpen ? record.open_candidates : null,
    deadlineMs: msOf(isOpen ? record.open_deadline : record.deadline),
    calledMs: msOf(record.called_at),
    startedMs: record.started_at === null ? null : msOf(record.started_at),
    cloudId: record.cloud_id,
    ...(record.error_code === null ? {} : { errorCode: record.error_code }),
    hasWritten: stored.some(
      ({ state, tries = 0, waiting }) => state === 'started' || tries > 0 || waiting !== undefined,
    ),
  }
}

const isOpenCreate = ({ step, state, cloudId }: JobStep): boolean =>
  step.kind === 'create' && cloudId === undefined && (state === 'pending' || state === 'started')

const msOf = (time: string | null): number => (time ? new Date(time).getTime() : 0)

function* chunks<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}

export function stepOf(job: Job, stepKey: string): JobStep {
  const found = job.steps.find(({ step }) => step.key === stepKey)
  if (!found) throw new Error(`change ${job.changeId} has no step ${stepKey}`)
  return found
}

/** Notes what became of one step; the caller commits it. */
export function noteStep(job: Job, stepKey: string, news: Partial<JobStep>): JobStep {
  job.steps = job.steps.map((one) => (one.step.key === stepKey ? { ...one, ...news } : one))
  return stepOf(job, stepKey)
}

export const areStepsEnded = ({ steps }: Job): boolean => steps.every(({ state }) => isEnded(state))

export const isLastStep = (job: Job, stepKey: string): boolean =>
  job.steps.every((one) => one.step.key === stepKey || one.state === 'done')
