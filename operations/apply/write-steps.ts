/** The steps that change a resource: update, adopt, and what is left of a create. */

import type { CloudId } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { asWant } from '../plan/resolve-row.ts'
import { type ApplyRun, attempt, refusedEvent, type StepEvent, tokenOf } from './apply-run.ts'
import { attemptWrite, openFor } from './attempt-write.ts'
import { mapperOf } from './cloud-reader.ts'
import { type Delta, deltaOf, findConflict } from './find-delta.ts'
import { endOrWait, type Reading, readAgain, takeOutcome } from './finish-write.ts'
import { intend } from './intend.ts'
import { type Job, noteStep, stepOf } from './jobs.ts'
import { undecided } from './name-taken.ts'
import { isUnsure } from './unsure-read.ts'
import { noteVanished, readLater, vanished } from './vanished.ts'
import { resolveWanted } from './wanted.ts'

export async function updateResource(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  tries: number,
): Promise<StepEvent> {
  const { step, cloudId, tries: intended } = stepOf(job, stepKey)
  const id = cloudId ?? run.jobs.states.get(job.change.key)?.cloudId ?? job.change.cloudId
  if (!id)
    return refusedEvent(run, stepKey, new IasqlError('cloud/not-found', 'the cloud has no such resource'))
  // What this change itself has made is as it made it; a look that had to wait has written nothing yet.
  const isFirst = intended === undefined && job.change.action === 'update'
  return await pushDelta(run, job, stepKey, { id, spot: step, tries, isFirst })
}

export async function adoptResource(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  tries: number,
): Promise<StepEvent> {
  const { step } = stepOf(job, stepKey)
  const id = job.change.cloudId
  if (!id || !job.isAdoptable) return refusedEvent(run, stepKey, undecided(job))
  noteStep(job, stepKey, { cloudId: id })
  return await pushDelta(run, job, stepKey, { id, spot: step, tries, isFirst: false })
}

/** A create that is not over with its first call: what is still different is sent now that the resource stands. */
export async function continueWrite(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  id: CloudId,
): Promise<StepEvent> {
  const { step } = stepOf(job, stepKey)
  return await pushDelta(run, job, stepKey, { id, spot: step, tries: 1, isFirst: false })
}

interface Push {
  readonly id: CloudId
  readonly spot: { readonly accountId: string | null; readonly region: string | null }
  readonly tries: number
  /** Whether a change of the cloud since the plan is a reason to stop. */
  readonly isFirst: boolean
}

/** Reads, compares, sends what differs: the same after a crash as the first time. */
async function pushDelta(run: ApplyRun, job: Job, stepKey: string, push: Push): Promise<StepEvent> {
  const readStartedMs = run.context.ports.clock.now().getTime()
  const read = await attempt(run, () => run.reader.read(job.type, push.spot, push.id))
  if ('refused' in read) return refusedEvent(run, stepKey, read.refused)
  const seen = read.result
  if (seen === undefined) {
    const isGone = noteVanished(run, job, readStartedMs)
    return isGone ? refusedEvent(run, stepKey, vanished(job)) : await readLater(run, job, stepKey)
  }
  job.isVanished = false
  const { want: sent, missing } = resolveWanted(run, job, stepKey)
  if (missing.length > 0) return refusedEvent(run, stepKey, unresolved(missing))
  const seenRow = mapperOf(job.type).toRow(seen)
  const now = asWant(seenRow)
  if (isUnsure(run, job, stepKey, { now, sent, readStartedMs })) return await readLater(run, job, stepKey)
  const conflict = push.isFirst ? await findConflict(run, job, seenRow, sent) : undefined
  if (conflict) return refusedEvent(run, stepKey, conflict)
  const delta = deltaOf(run, job, stepKey, now, sent)
  return Object.keys(delta).length === 0
    ? await endPush(run, job, stepKey, { cloudId: push.id, seen, readStartedMs, now })
    : await sendDelta(run, job, stepKey, { ...push, seen, now, delta })
}

/** Nothing is different any more. */
async function endPush(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  { now, ...reading }: Reading & { readonly now: Row },
): Promise<StepEvent> {
  job.want = now
  // What an unanswered call made may be on its way still.
  if (mapperOf(job.type).settled?.(reading.seen) === false)
    return await readAgain(run, job, stepKey, reading.cloudId, { until: 'it to be available' })
  return await endOrWait(run, job, stepKey, reading)
}

interface Sending extends Push {
  readonly seen: unknown
  readonly now: Row
  readonly delta: Delta
}

async function sendDelta(run: ApplyRun, job: Job, stepKey: string, sending: Sending): Promise<StepEvent> {
  const { seen, now, delta, spot, tries } = sending
  const pushed = Object.fromEntries(Object.entries(delta).map(([name, { to }]) => [name, to]))
  const want = { ...now, ...pushed }
  const opened = await attempt(run, () => openFor(run, job, want, pushed))
  if ('refused' in opened) return refusedEvent(run, stepKey, opened.refused)
  await intend(run, job, stepKey, want, tries)
  const token = tokenOf(run, job, stepKey)
  const updated = await attemptWrite(run, job, opened.result, (reveal) =>
    run.write(job, spot, {
      kind: 'update',
      ...{ seen, row: reveal(want), delta: revealed(delta, reveal), token },
    }),
  )
  if ('refused' in updated) return refusedEvent(run, stepKey, updated.refused)
  return await takeOutcome(run, job, stepKey, updated.result)
}

const revealed = (delta: Delta, reveal: (row: Row) => Row): Delta => {
  const to = reveal(Object.fromEntries(Object.entries(delta).map(([name, change]) => [name, change.to])))
  return Object.fromEntries(
    Object.entries(delta).map(([name, { from }]) => [name, { from, to: to[name] ?? null }]),
  )
}

export const unresolved = (columns: readonly string[]): IasqlError =>
  new IasqlError(
    'cloud/invalid',
    `${columns.join(', ')} refers to something that the cloud does not have (yet)`,
    { hint: 'Apply what it refers to first, or leave the column null.' },
  )
