/** Steps that end without success: what is stored of them, so that the next plan shows what is left to do. */
import { IasqlError } from '#engine/model/error.ts'
import { driftOf } from '#postgres/statements/drift-merge.ts'
import type { ApplyRun } from './apply-run.ts'
import { type Job, noteStep } from './jobs.ts'
import type { ResourceNews } from './ledger.ts'
import { loosenSent } from './loosen.ts'
import { report } from './report.ts'
import { takeDone } from './take-done.ts'

export async function failStep(run: ApplyRun, stepKey: string, message: string): Promise<void> {
  const job = run.jobs.ofStep(stepKey)
  const error = run.refusals.get(stepKey) ?? new IasqlError('cloud/unknown-outcome', message)
  noteStep(job, stepKey, { state: 'failed' })
  const record = recordOf(run, job)
  const news = record.kind === 'none' ? await takeDone(run, job, stepKey) : record
  await loosenSent(run, job)
  await run.ledger.settle(job, news, { error })
  report(run, job, stepKey, error.message)
}

/** Nothing stands of a create that vanished: without a record of it the plan shows the create again. */
function recordOf(run: ApplyRun, job: Job): ResourceNews {
  const { change } = job
  if (job.otherwise) return seenOtherwise(run, job, job.otherwise)
  if (change.action !== 'create' || !job.isVanished) return { kind: 'none' }
  const state = run.jobs.states.get(change.key)
  // Under the token of what went, the cloud might answer with just that again.
  if (job.intent === 'open') job.intent = 'refused'
  run.learn(change, { cloudId: null, observed: null })
  if (!state || state.edit !== null) return { kind: 'remove' }
  // No edit asks for it but the drift policy, which goes by the record.
  const { base, baseVersion } = state
  const cloudId = job.cloudId ?? state.cloudId
  return { kind: 'keep', cloudId, base, baseVersion, observed: null, drift: { '': {} } }
}

/** The next plan starts from what was seen, so that it shows the conflict and can be applied. */
function seenOtherwise(
  run: ApplyRun,
  { change }: Job,
  { observed, columns }: NonNullable<Job['otherwise']>,
): ResourceNews {
  const state = run.jobs.states.get(change.key)
  if (!state) return { kind: 'none' }
  const { cloudId, base, baseVersion } = state
  return { kind: 'keep', cloudId, base, baseVersion, observed, drift: driftOf(columns) }
}

export async function skipStep(
  run: ApplyRun,
  stepKey: string,
  because: string | null,
  message: string,
): Promise<void> {
  const job = run.jobs.ofStep(stepKey)
  noteStep(job, stepKey, { state: 'skipped' })
  const isOwn = because !== null && job.steps.some((one) => one.step.key === because)
  const code = because === null ? 'apply/cancelled' : 'apply/changes-failed'
  const reason = isOwn ? run.refusals.get(because) : undefined
  const told =
    job.intent === 'open' ? `${message}; what became of its call is looked up by the next apply` : message
  const error = reason ?? new IasqlError(code, told)
  await loosenSent(run, job)
  await run.ledger.settle(job, { kind: 'none' }, { error })
  report(run, job, stepKey, told)
}
