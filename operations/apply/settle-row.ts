/** What base and row become after a write: defaults and outputs come from the cloud, newer edits stand. */
import { listExpressions, sentExpressions, withSentExpressions } from '#engine/expression/expression.ts'
import { keepingExpressions } from '#engine/merge/drift-policy.ts'
import { type Projection, projectionIfAny } from '#engine/merge/projection.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import { agreeOn } from '#engine/merge/unsure.ts'
import { usualValues } from '#engine/merge/usual-values.ts'
import type { Row } from '#engine/model/json.ts'
import type { StepKind } from '#engine/order/step.ts'
import { type Drift, driftOf } from '#postgres/statements/drift-merge.ts'
import { resolveRow } from '../plan/resolve-row.ts'
import type { ApplyRun } from './apply-run.ts'
import type { Job } from './jobs.ts'

export interface SettledWrite {
  readonly base: Row
  readonly projection: Projection | undefined
  readonly drift: Drift
}

export function settleWritten(
  run: ApplyRun,
  job: Job,
  { sent, observed, kind }: { readonly sent: Row; readonly observed: Row; readonly kind: StepKind },
): SettledWrite {
  const state = run.jobs.states.get(job.change.key)
  const raw = state?.desired
  const isNew = kind !== 'update'
  const agreed = isNew ? sent : agreeOn(state?.base, sent)
  if (!raw) return { base: { ...agreed, ...observed }, projection: undefined, drift: {} }
  const desired = resolveRow(job.type, raw, run.known).row
  const base = kind === 'adopt' ? { ...usualValues(job.type, desired), ...agreed } : agreed
  const { table, rowId } = job.change
  const policy = keepingExpressions(raw, (column) => run.policy(table, rowId, column))
  // What was left open or cleared is AWS's to fill, whatever the policy.
  const isOpen = (column: string): boolean => (isNew || column in sent) && (sent[column] ?? null) === null
  const settled = settleRow(job.type, { desired, base, observed }, (column) =>
    isOpen(column) ? 'track' : policy(column),
  )
  const write = Object.fromEntries(
    Object.entries(settled.write).filter(([name]) => listExpressions(raw[name] ?? null).length === 0),
  )
  return {
    base: withSentExpressions(settled.base, sentOf(state?.base ?? null, raw, sent)),
    projection: projectionIfAny(write, raw) ?? undefined,
    drift: driftOf(settled.drifted),
  }
}

/** By column, the expressions behind what the cloud was sent last. */
function sentOf(base: Row | null, raw: Row, sent: Row): Row {
  const all = {
    ...sentExpressions(base),
    ...Object.fromEntries(Object.keys(sent).map((name) => [name, raw[name] ?? null])),
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => listExpressions(value).length > 0))
}
