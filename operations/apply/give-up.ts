/** Steps that end without success: what is stored of them, so that the next plan shows what is left to do. */
import { IasqlError } from '#engine/model/error.ts'
import { recordOrphan } from '#postgres/statements/resource-orphan.ts'
import type { ApplyRun } from './apply-run.ts'
import { type Job, noteStep } from './jobs.ts'
import { report } from './report.ts'

export async function failStep(run: ApplyRun, stepKey: string, message: string): Promise<void> {
  const job = run.jobs.ofStep(stepKey)
  const error = run.refusals.get(stepKey) ?? new IasqlError('cloud/unknown-outcome', message)
  noteStep(job, stepKey, { state: 'failed' })
  await run.ledger.settle(job, { kind: 'none' }, { error })
  await keepOrphan(run, job, stepKey)
  report(run, job, stepKey, error.message)
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
  await run.ledger.settle(job, { kind: 'none' }, { error: reason ?? new IasqlError(code, message) })
  await keepOrphan(run, job, stepKey)
  report(run, job, stepKey, message)
}

/** The new one of a replacement stands and the old one was not deleted: it must not be forgotten. */
async function keepOrphan(run: ApplyRun, { change, steps }: Job, stepKey: string): Promise<void> {
  const isOldOne = change.action === 'replace' && stepKey.endsWith('#delete')
  const isReplaced = steps.some(({ step, state }) => step.kind === 'create' && state === 'done')
  if (!isOldOne || !isReplaced || !change.cloudId) return
  const { ports, tenant } = run.context
  const state = run.jobs.states.get(change.key)
  await recordOrphan(ports.platform, tenant, {
    table: change.table,
    ...(change.cloudPlace ?? change.place),
    naturalName: change.naturalName,
    cloudId: change.cloudId,
    base: state?.base ?? {},
  })
}
