/** The steps that end a resource: delete, forget, and companions that go with their parent. */
import type { Row } from '#engine/model/json.ts'
import { asWant } from '../plan/resolve-row.ts'
import { type ApplyRun, attempt, refusedEvent, type StepEvent } from './apply-run.ts'
import { mapperOf } from './cloud-reader.ts'
import { findLoss } from './find-loss.ts'
import { intend } from './intend.ts'
import { isLastStep, type Job, noteStep, stepOf } from './jobs.ts'
import { wantAgain } from './loosen.ts'
import { madeByItself } from './made-by-itself.ts'
import { report } from './report.ts'
import { isPastWrite, readLater } from './vanished.ts'

export async function deleteResource(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  tries: number,
): Promise<StepEvent> {
  const { step, tries: intended } = stepOf(job, stepKey)
  const id = job.change.cloudId
  if (!id) return await endResource(run, job, stepKey)
  const mapper = mapperOf(job.type)
  const readAt = run.context.ports.clock.now()
  const read = await attempt(run, () => run.reader.read(job.type, step, id))
  if ('refused' in read) return refusedEvent(run, stepKey, read.refused)
  const seen = read.result
  if (seen === undefined) {
    // Of what was written just now a read that lags does not know yet.
    const isGone = isPastWrite(run, job, readAt.getTime())
    return isGone ? await endResource(run, job, stepKey) : await readLater(run, job, stepKey)
  }
  // Of an old one that goes before the new one comes, this is the last look.
  const isLastLook = job.change.action === 'replace' && job.change.replaceBefore && intended === undefined
  const loss = isLastLook ? findLoss(run, job, seen, readAt) : undefined
  if (loss === 'unsure') return await readLater(run, job, stepKey)
  if (loss) return refusedEvent(run, stepKey, loss)
  const last = { ...untold(run, job), ...asWant(mapper.toRow(seen)) }
  const made = await madeByItself(run, job.type, { ...step, cloudId: id })
  await intend(run, job, stepKey, last, tries)
  const deleted = await attempt(run, () => run.write(job, step, { kind: 'delete', seen, row: last, made }))
  if ('refused' in deleted) {
    const isGone = deleted.refused.code === 'cloud/not-found'
    return isGone ? await endResource(run, job, stepKey) : refusedEvent(run, stepKey, deleted.refused)
  }
  if (deleted.result.kind === 'done') return await endResource(run, job, stepKey)
  const waiting = { until: deleted.result.until, again: deleted.result.then === 'again' }
  noteStep(job, stepKey, { state: 'waiting', waiting })
  await run.ledger.settle(job, { kind: 'none' })
  report(run, job, stepKey, `waiting for ${waiting.until}`)
  return { kind: 'waiting', step: stepKey }
}

/** What the cloud does not tell of how to delete it, as it was last agreed on. */
function untold(run: ApplyRun, { type, change }: Job): Row {
  const base = run.jobs.states.get(change.key)?.base ?? {}
  return Object.fromEntries(Object.entries(base).filter(([name]) => type.columns[name]?.unread))
}

/** The cloud has it no more: of a replacement only the old one went, else the record goes with it. */
export async function endResource(run: ApplyRun, job: Job, stepKey: string): Promise<StepEvent> {
  const { change } = job
  noteStep(job, stepKey, { state: 'done' })
  const isLast = isLastStep(job, stepKey)
  const consumed = isLast ? change.editVersion : 0
  if (change.action === 'replace') {
    const state = run.jobs.states.get(change.key)
    if (change.replaceBefore && !isLast) {
      run.learn(change, { cloudId: null, observed: null })
      await wantAgain(run, job)
      await run.ledger.settle(job, {
        kind: 'keep',
        cloudId: null,
        base: state?.base ?? null,
        observed: null,
        baseVersion: state?.baseVersion ?? 0,
      })
    } else {
      await run.ledger.settle(job, { kind: 'none' }, { consumed })
    }
  } else {
    run.learn(change, { cloudId: null })
    await run.ledger.settle(job, { kind: 'remove' }, { consumed })
  }
  report(run, job, stepKey, 'done')
  return { kind: 'done', step: stepKey }
}
