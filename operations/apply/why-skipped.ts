/** In words, why a step is not brought to its end: what it needs failed, or somebody cancelled, whatever it had done by then. */
import type { ExecutionEffect } from '#engine/execute/protocol.ts'
import type { StepKind } from '#engine/order/step.ts'
import { type JobStep, type Jobs, stepOf } from './jobs.ts'
import { readable } from './vanished.ts'

type Skip = Extract<ExecutionEffect, { readonly kind: 'skip' }>

export function whySkipped(jobs: Jobs, effect: Skip): string {
  if (effect.because === null) {
    return effect.isWaiting ? whileWaiting(stepOf(jobs.ofStep(effect.step), effect.step)) : 'cancelled'
  }
  const { because, fate } = effect
  const job = jobs.ofStep(because)
  const act = acts[stepOf(job, because).step.kind]
  return `it needs the ${act} of ${job.change.table} ${job.change.naturalName}, which ${fate === 'failed' ? 'failed' : 'was skipped'}`
}

const acts: Readonly<Record<StepKind, string>> = {
  create: 'create',
  update: 'update',
  adopt: 'adoption',
  delete: 'delete',
  companion: 'delete',
  forget: 'forgetting',
}

const done: Partial<Record<StepKind, string>> = {
  create: 'the cloud has made it',
  update: 'the cloud has the change',
  adopt: 'the cloud has the change',
  delete: 'the cloud was asked to delete it',
}

function whileWaiting(step: JobStep): string {
  const { kind } = step.step
  // What has to be read first has not been sent yet.
  const isUnsent = kind !== 'create' && step.waiting?.again && step.waiting.until === readable
  const told = isUnsent ? undefined : done[kind]
  return `cancelled while waiting for ${awaited(step)}${told === undefined ? '' : `; ${told}`}`
}

/** What a step waits for, and why nobody knows whether that holds. */
export function awaited({ step, waiting }: Pick<JobStep, 'step' | 'waiting'>): string {
  const until = waiting?.until ?? (step.kind === 'delete' ? 'it to go' : 'it to be ready')
  return waiting?.unread === undefined ? until : `${until} (it cannot be read: ${waiting.unread})`
}
