/** After a write: read what the cloud has now, commit it with the end of the edit, hand the outputs to the row. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { believedRow } from '#engine/merge/believed-row.ts'
import { agreeOn } from '#engine/merge/unsure.ts'
import { usualValues } from '#engine/merge/usual-values.ts'
import type { CloudId, Outcome, SeenRow } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import type { StepKind } from '#engine/order/step.ts'
import { readRow } from '../sync/row-references.ts'
import { type ApplyRun, attempt, refusedEvent, type StepEvent } from './apply-run.ts'
import { mapperOf } from './cloud-reader.ts'
import { hasCompanions } from './companions.ts'
import { holdSeen } from './hold-seen.ts'
import { isLastStep, type Job, noteStep, stepOf, type Waiting } from './jobs.ts'
import { loosenDependants, wantAgain } from './loosen.ts'
import { outputsMade } from './made-by-itself.ts'
import { takeMadeWith } from './made-with.ts'
import { report } from './report.ts'
import { settleWritten } from './settle-row.ts'
import { readable } from './vanished.ts'
import { sentBy } from './wanted.ts'

/** What a create or update was answered with. */
export async function takeOutcome(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  outcome: Outcome,
): Promise<StepEvent> {
  const state = run.jobs.states.get(job.change.key)
  job.cloudId = outcome.id
  if (outcome.kind === 'waiting') {
    const waiting = { until: outcome.until, again: outcome.then === 'again' }
    noteStep(job, stepKey, { state: 'waiting', exists: true, waiting, cloudId: outcome.id })
    await noteMade(run, job, stepKey, outcome.id)
    report(run, job, stepKey, `waiting for ${outcome.until}`)
    return { kind: 'waiting', step: stepKey }
  }
  const isNews = canonicalJson(state?.cloudId ?? null) !== canonicalJson(outcome.id)
  noteStep(job, stepKey, { cloudId: outcome.id })
  const made = isNews ? noteMade(run, job, stepKey, outcome.id) : undefined
  // Companions are recorded as such of a parent that stands; everything else is read meanwhile.
  if (hasCompanions(run.tables, job.type)) await made
  const [event] = await Promise.all([finishWrite(run, job, stepKey, outcome.id), made])
  return event
}

/** Commits the id at once: from now on a crash finds the resource by it. */
export async function noteMade(run: ApplyRun, job: Job, stepKey: string, cloudId: CloudId): Promise<void> {
  const state = run.jobs.states.get(job.change.key)
  const { step, waiting } = stepOf(job, stepKey)
  const sent = sentBy(run, job, stepKey)
  const isMade = step.kind === 'create'
  const agreed = waiting?.again ? sentAlready(job, step.kind, sent) : sent
  const usual = step.kind === 'adopt' ? usualValues(job.type, state?.desired ?? {}) : {}
  const base = isMade ? agreed : { ...usual, ...agreeOn(state?.base, agreed) }
  const isAnother = isMade && state?.cloudId && canonicalJson(state.cloudId) !== canonicalJson(cloudId)
  run.learn(job.change, { cloudId })
  const kept = run.ledger.settle(job, {
    kind: 'keep',
    cloudId,
    base,
    // What was seen of the old one of a replacement says nothing about the new one.
    observed: isMade ? base : (state?.observed ?? base),
    baseVersion: state?.baseVersion ?? 0,
    isUnread: true,
  })
  await Promise.all([kept, isAnother ? loosenDependants(run, job) : undefined])
}

/** A call that is to be made again has not told everything yet: what only the next one tells is nobody's agreement. */
const sentAlready = ({ type }: Job, kind: StepKind, sent: Row): Row =>
  kind === 'create'
    ? Object.fromEntries(Object.entries(sent).filter(([name]) => type.columns[name]?.replaces))
    : {}

export async function finishWrite(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  cloudId: CloudId,
): Promise<StepEvent> {
  const { step } = stepOf(job, stepKey)
  const readStartedMs = run.context.ports.clock.now().getTime()
  const read = await attempt(run, () => run.reader.read(job.type, step, cloudId))
  if ('refused' in read)
    return await readAgain(run, job, stepKey, cloudId, { until: readable, unread: read.refused.message })
  if (read.result === undefined) return await readAgain(run, job, stepKey, cloudId, { until: readable })
  return await endOrWait(run, job, stepKey, { cloudId, seen: read.result, readStartedMs })
}

/** The write is done and only its reading failed: the step waits, and is polled like any other. */
export async function readAgain(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  cloudId: CloudId,
  awaited: Omit<Waiting, 'again'>,
): Promise<StepEvent> {
  const waiting = { ...awaited, again: false }
  noteStep(job, stepKey, { state: 'waiting', exists: true, waiting, cloudId })
  await noteMade(run, job, stepKey, cloudId)
  return { kind: 'waiting', step: stepKey }
}

export interface Reading {
  readonly cloudId: CloudId
  readonly seen: unknown
  readonly readStartedMs: number
}

/** The write is done: if something that came with it cannot be read, the step waits as it does for its own reading. */
export async function endOrWait(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  reading: Reading,
): Promise<StepEvent> {
  try {
    return await endWrite(run, job, stepKey, reading)
  } catch (error) {
    const unread = refusalIn(run, error).message
    return await readAgain(run, job, stepKey, reading.cloudId, { until: readable, unread })
  }
}

/** What a call was refused with; anything else that is thrown is no affair of one change. */
export function refusalIn({ context }: ApplyRun, error: unknown): IasqlError {
  if (error instanceof IasqlError && error.blame === 'cloud' && !context.lost.aborted) return error
  throw error
}

/** @throws IasqlError of blame `cloud` when something that came with it cannot be read. */
export async function endWrite(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  reading: Reading,
): Promise<StepEvent> {
  const { change, type } = job
  const seen: SeenRow = mapperOf(type).toRow(reading.seen)
  const { row, dangling } = readRow(type, seen, await holdSeen(run, seen, change.place), change.place)
  if (dangling.length > 0) {
    const message = `${dangling.join(', ')} of what was made points at a resource that no row describes`
    return refusedEvent(run, stepKey, new IasqlError('cloud/invalid', message))
  }
  const sent = sentBy(run, job, stepKey)
  // What an adoption or a creation did not send was left to the cloud: nothing was agreed on before.
  const { kind } = stepOf(job, stepKey).step
  const isNew = kind !== 'update'
  const observed = believedRow(type, {
    want: isNew ? withoutNulls(sent) : sent,
    observed: row,
    readStartedMs: reading.readStartedMs,
    writtenMs: job.calledMs,
    settleMs: run.context.ports.cloud.settleMs(type.settleMs),
  })
  const settled = settleWritten(run, job, { sent, observed, kind })
  // Found again after a crash, or adopted: it has no record yet.
  const isKnown =
    canonicalJson(run.jobs.states.get(change.key)?.cloudId ?? null) === canonicalJson(reading.cloudId)
  if (isNew && !isKnown) await noteMade(run, job, stepKey, reading.cloudId)
  await takeMadeWith(run, job, stepKey, reading.cloudId)
  return await keepWritten(run, job, stepKey, { reading, observed, settled })
}

interface Written {
  readonly reading: Reading
  readonly observed: Row
  readonly settled: ReturnType<typeof settleWritten>
}

async function keepWritten(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  { reading, observed, settled }: Written,
): Promise<StepEvent> {
  const { change, type } = job
  noteStep(job, stepKey, { state: 'done', exists: true, ...outputsMade(job, stepKey, observed) })
  const isLast = isLastStep(job, stepKey)
  run.learn(change, { cloudId: reading.cloudId, observed })
  remember(run, job, settled.base)
  const baseVersion = isLast ? change.editVersion : (run.jobs.states.get(change.key)?.baseVersion ?? 0)
  await run.ledger.settle(
    job,
    {
      kind: 'keep',
      cloudId: reading.cloudId,
      base: settled.base,
      observed,
      baseVersion,
      companionOf: mapperOf(type).companionOf?.(reading.seen),
      projection: settled.projection,
      drift: settled.drift,
    },
    { consumed: isLast ? change.editVersion : 0 },
  )
  if (stepOf(job, stepKey).step.clears.length > 0) await wantAgain(run, job)
  report(run, job, stepKey, 'done')
  return { kind: 'done', step: stepKey }
}

const withoutNulls = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))

function remember(run: ApplyRun, job: Job, base: Row): void {
  const state = run.jobs.states.get(job.change.key)
  if (!state) return
  const writtenMs = Math.max(job.calledMs, state.writtenAt ? new Date(state.writtenAt).getTime() : 0)
  run.jobs.states.set(job.change.key, { ...state, base, writtenAt: new Date(writtenMs).toISOString() })
}
