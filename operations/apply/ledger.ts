/** The written side of an apply: intents and outcomes go to the database in shared commits, fenced. */

import type { Projection } from '#engine/merge/projection.ts'
import type { CloudId, CloudReference } from '#engine/model/cloud.ts'
import type { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { describeCloudId, naturalName } from '#engine/plan/natural-name.ts'
import { unqualified } from '#engine/plan/resource.ts'
import { type Intent, storeIntents } from '#postgres/statements/change-intent.ts'
import { type Outcome, storeOutcomes } from '#postgres/statements/change-outcome.ts'
import type { Drift } from '#postgres/statements/drift-merge.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { batched } from './batched.ts'
import { writeSeconds } from './call-times.ts'
import { areStepsEnded, type Job } from './jobs.ts'
import { orphanOf } from './orphan.ts'

/** What an outcome makes of the engine's record of the resource. */
export type ResourceNews =
  | { readonly kind: 'none' }
  | { readonly kind: 'remove' }
  | {
      readonly kind: 'keep'
      readonly cloudId: CloudId | null
      readonly base: Row | null
      readonly observed: Row | null
      readonly baseVersion: number
      /** The parent that AWS makes such along with, as it was read; null: none, absent: nobody has looked. */
      readonly companionOf?: CloudReference | null | undefined
      /** Nobody has read yet what became of the write: `observed` is from before. */
      readonly isUnread?: boolean
      readonly projection?: Projection | undefined
      /** What the cloud has otherwise; absent: as it was noted before. */
      readonly drift?: Drift
    }

type Kept = Extract<ResourceNews, { readonly kind: 'keep' }>

interface MoreNews {
  readonly consumed?: number
  readonly error?: IasqlError
}

export interface Ledger {
  /** Resolves once the intent is committed: only then may the call be made. */
  intend(job: Job, intent: { readonly attempt: number; readonly isOpening: boolean }): Promise<void>
  settle(job: Job, news: ResourceNews, more?: MoreNews): Promise<void>
}

export class LostExecution extends Error {}

export function openLedger({ ports, tenant, execution }: ExecutionContext): Ledger {
  const fence = { executionId: execution.execution_id, fence: execution.fence }
  const insist = (stored: number, items: readonly unknown[]): readonly undefined[] => {
    if (stored < items.length) throw new LostExecution('another invocation has taken over')
    return items.map(() => undefined)
  }
  const intents = batched(async (items: readonly Intent[]) =>
    insist(await storeIntents(ports.platform, tenant, fence, items), items),
  )
  const outcomes = batched(async (items: readonly Outcome[]) =>
    insist(await storeOutcomes(ports.platform, tenant, fence, items), items),
  )
  // One statement cannot write one row twice: what is written of one change follows each other, in the order it came.
  const writing = new Map<number, Promise<void>>()
  const inTurn = ({ changeId }: Job, write: () => Promise<undefined>): Promise<void> => {
    const written = (writing.get(changeId) ?? Promise.resolve()).then(write)
    writing.set(changeId, written)
    return written
  }
  return {
    intend(job, { attempt, isOpening }) {
      const intent: Intent = {
        change_id: job.changeId,
        steps: job.steps as unknown as Json,
        attempt,
        token: job.token ?? '',
        want: job.want as unknown as Json,
        deadline_seconds: writeSeconds,
        is_opening: isOpening,
        row_attempt: job.rowAttempt,
        siblings: isOpening ? job.siblings : null,
      }
      return inTurn(job, () => intents(intent))
    },
    settle(job, news, more) {
      const outcome = outcomeOf(job, news, more)
      return inTurn(job, () => outcomes(outcome))
    },
  }
}

function outcomeOf(job: Job, news: ResourceNews, more: MoreNews = {}): Outcome {
  const { change } = job
  if (more.error) job.errorCode ??= more.error.code
  const isEnded = areStepsEnded(job)
  const keep = news.kind === 'keep' ? news : undefined
  return {
    change_id: job.changeId,
    state: changeState(job),
    steps: job.steps as unknown as Json,
    cloud_id: job.cloudId,
    error: more.error ? errorOf(more.error) : null,
    waiting: (job.steps.find((one) => one.state === 'waiting')?.waiting ?? null) as unknown as Json,
    is_ended: isEnded,
    table_name: change.table,
    row_id: change.rowId,
    resource: news.kind,
    account_id: change.place.accountId,
    region: change.place.region,
    natural_name: recordName(job, keep),
    base: keep?.base ?? null,
    base_version: keep?.baseVersion ?? 0,
    observed: keep?.observed ?? null,
    resource_cloud_id: keep?.cloudId ?? null,
    companion: companionOf(keep?.companionOf),
    is_unread: keep?.isUnread ?? false,
    unprojected: keep?.projection ?? null,
    drift: keep?.drift ?? null,
    consumed: more.consumed ?? 0,
    is_settled: takeSettled(job, keep?.cloudId ?? null, isEnded),
    orphan: (orphanOf(job) ?? null) as unknown as Json,
    stood_for: job.steps.flatMap((one) => one.stoodFor ?? []) as unknown as Json,
  }
}

const companionOf = (parent: CloudReference | null | undefined): Outcome['companion'] =>
  parent === undefined ? null : parent ? { table_name: unqualified(parent.$ref), cloud_id: parent.id } : {}
/** Of what nobody has named, by the id that it has by now. */
function recordName({ type, change }: Job, keep: Kept | undefined): string {
  const { cloudId, observed, base } = keep ?? {}
  const row = observed ?? base
  const isNameless = row && naturalName(type, row) === null
  return isNameless && cloudId ? describeCloudId(cloudId) : change.naturalName
}

/** A create is settled once its resource has a record, or once it ends refused; an open one outlives its change. */
function takeSettled(job: Job, recorded: CloudId | null, isEnded: boolean): boolean {
  const isSettled = (job.intent !== 'none' && recorded !== null) || (job.intent === 'refused' && isEnded)
  if (isSettled) job.intent = 'none'
  return isSettled
}

/** As `iasql_change.state` shows it: the worst of its steps, once no call of it is under way or may be. */
function changeState(job: Job): string {
  const has = (state: string): boolean => job.steps.some((one) => one.state === state)
  if (!areStepsEnded(job)) return has('waiting') ? 'waiting' : 'started'
  if (has('failed')) return job.errorCode === 'apply/needs-decision' ? 'needs_decision' : 'failed'
  return has('skipped') ? 'skipped' : 'done'
}

const errorOf = (error: IasqlError): Json => ({
  code: error.code,
  message: error.message,
  hint: error.hint,
  detail: error.detail ?? null,
  awsRequestId: error.awsRequestId ?? null,
})
