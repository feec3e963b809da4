/** The written side of an apply: intents and outcomes go to the database in shared commits, fenced. */

import type { Projection } from '#engine/merge/projection.ts'
import type { CloudId } from '#engine/model/cloud.ts'
import type { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { type Intent, storeIntents } from '#postgres/statements/change-intent.ts'
import { type Outcome, storeOutcomes } from '#postgres/statements/change-outcome.ts'
import type { Drift } from '#postgres/statements/drift-merge.ts'
import type { Orphan } from '#postgres/statements/resource-orphan.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { batched } from './batched.ts'
import { writeSeconds } from './call-times.ts'
import type { Job } from './jobs.ts'

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
      /** Nobody has read yet what became of the write: `observed` is from before. */
      readonly isUnread?: boolean
      readonly projection?: Projection | undefined
      /** What the cloud has otherwise; absent: as it was noted before. */
      readonly drift?: Drift
    }

interface MoreNews {
  readonly consumed?: number
  readonly error?: IasqlError
  readonly orphan?: Orphan | undefined
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
  const state = changeState(job, more.error)
  const isEnded = !['pending', 'started', 'waiting'].includes(state)
  const keep = news.kind === 'keep' ? news : undefined
  return {
    change_id: job.changeId,
    state,
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
    natural_name: change.naturalName,
    base: keep?.base ?? null,
    base_version: keep?.baseVersion ?? 0,
    observed: keep?.observed ?? null,
    resource_cloud_id: keep?.cloudId ?? null,
    is_unread: keep?.isUnread ?? false,
    unprojected: keep?.projection ?? null,
    drift: keep?.drift ?? null,
    consumed: more.consumed ?? 0,
    is_settled: takeSettled(job, keep?.cloudId ?? null, isEnded),
    orphan: (more.orphan ?? null) as unknown as Json,
    stood_for: job.steps.flatMap((one) => one.stoodFor ?? []) as unknown as Json,
  }
}

/** A create is settled once its resource has a record, or once it ends refused; an open one outlives its change. */
function takeSettled(job: Job, recorded: CloudId | null, isEnded: boolean): boolean {
  const isSettled = (job.intent !== 'none' && recorded !== null) || (job.intent === 'refused' && isEnded)
  if (isSettled) job.intent = 'none'
  return isSettled
}

/** The worst of its steps, as `iasql_change.state` shows it. */
function changeState({ steps }: Job, error: IasqlError | undefined): string {
  const has = (state: string): boolean => steps.some((one) => one.state === state)
  if (has('failed')) return error?.code === 'apply/needs-decision' ? 'needs_decision' : 'failed'
  if (has('skipped')) return 'skipped'
  if (steps.every((one) => one.state === 'done')) return 'done'
  return has('waiting') ? 'waiting' : 'started'
}

const errorOf = (error: IasqlError): Json => ({
  code: error.code,
  message: error.message,
  hint: error.hint,
  detail: error.detail ?? null,
  awsRequestId: error.awsRequestId ?? null,
})
