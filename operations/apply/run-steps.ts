/** The loop between deciding and doing: the reducer says what is due, this does it and reports what came of it. */
import { defaultSettings, type ExecutionEffect, type ExecutionEvent } from '#engine/execute/protocol.ts'
import { reduce } from '#engine/execute/reduce.ts'
import { startExecution } from '#engine/execute/state.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { type ApplyRun, openRun, type StepEvent } from './apply-run.ts'
import { deleteResource, endResource } from './end-steps.ts'
import { failStep, skipStep } from './give-up.ts'
import { type Job, stepOf } from './jobs.ts'
import { pollStep } from './poll-steps.ts'
import { projectTables } from './project.ts'
import { settleStep } from './settle-step.ts'
import { adoptResource, createResource, updateResource } from './write-steps.ts'

export type StepsEnd = { readonly kind: 'handOver'; readonly seconds: number } | { readonly kind: 'end' }

type UntimedEvent = ExecutionEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'atMs'>
    : never
  : never

export async function runSteps(context: ExecutionContext): Promise<StepsEnd> {
  const stop = new AbortController()
  const run = await openRun(context, AbortSignal.any([context.lost, stop.signal]))
  const inFlight = new Set<Promise<void>>()
  const timers = new AbortController()
  try {
    const end = await drive(run, inFlight, timers.signal)
    await Promise.all(inFlight)
    await projectTables(context)
    return end
  } catch (error) {
    // Never return with a call in flight: its answer would be nobody's.
    stop.abort(error)
    await Promise.allSettled(inFlight)
    throw error
  } finally {
    timers.abort()
  }
}

function drive(run: ApplyRun, inFlight: Set<Promise<void>>, timers: AbortSignal): Promise<StepsEnd> {
  const { clock } = run.context.ports
  return new Promise((resolve, reject) => {
    let state = startExecution(
      run.jobs.all.flatMap((job) => job.steps),
      { noProgressMs: patienceMs(run) },
    )
    const dispatch = (event: UntimedEvent): void => {
      const next = reduce(state, { ...event, atMs: clock.now().getTime() } as ExecutionEvent)
      state = next.state
      for (const effect of next.effects) follow(effect)
    }
    const follow = (effect: ExecutionEffect): void => {
      switch (effect.kind) {
        case 'end':
          resolve({ kind: 'end' })
          return
        case 'handOver':
          resolve({ kind: 'handOver', seconds: Math.ceil(effect.delayMs / 1_000) })
          return
        case 'wake':
          at(effect.atMs, { kind: 'tick' })
          return
        default: {
          const work = perform(run, effect, dispatch).catch(reject)
          inFlight.add(work)
          void work.finally(() => inFlight.delete(work))
        }
      }
    }
    const at = (atMs: number, event: UntimedEvent): void => {
      const delayMs = Math.max(0, atMs - clock.now().getTime())
      clock.sleep(delayMs, timers).then(
        () => dispatch(event),
        () => undefined,
      )
    }
    const { lost, cancelled, deadlineMs } = run.context
    lost.addEventListener('abort', () => reject(lost.reason))
    cancelled.addEventListener('abort', () => dispatch({ kind: 'cancel' }))
    dispatch({ kind: 'start' })
    at(deadlineMs, { kind: 'deadline' })
    if (lost.aborted) reject(lost.reason)
    if (cancelled.aborted) dispatch({ kind: 'cancel' })
  })
}

/** An emulator does not lag: what it refuses for so long it refuses for ever. */
const patienceMs = ({ context }: ApplyRun): number =>
  Math.max(context.ports.cloud.settleMs(defaultSettings.noProgressMs), 20_000)

type Work = Exclude<ExecutionEffect, { readonly kind: 'end' | 'handOver' | 'wake' }>

async function perform(run: ApplyRun, effect: Work, dispatch: (event: UntimedEvent) => void): Promise<void> {
  switch (effect.kind) {
    case 'call':
      dispatch(await call(run, effect.step, effect.tries))
      return
    case 'settle':
      dispatch(await settleStep(run, run.jobs.ofStep(effect.step), effect.step))
      return
    case 'poll': {
      const polled = await Promise.all(effect.steps.map((step) => pollStep(run, step)))
      for (const event of polled) if (event) dispatch(event)
      dispatch({ kind: 'polled', batch: effect.batch })
      return
    }
    case 'fail':
      await failStep(run, effect.step, effect.message)
      return
    case 'skip':
      await skipStep(run, effect.step, effect.because, effect.message)
  }
}

async function call(run: ApplyRun, stepKey: string, tries: number): Promise<StepEvent> {
  const job: Job = run.jobs.ofStep(stepKey)
  const { kind } = stepOf(job, stepKey).step
  switch (kind) {
    case 'create':
      return await createResource(run, job, stepKey, tries)
    case 'update':
      return await updateResource(run, job, stepKey, tries)
    case 'adopt':
      return await adoptResource(run, job, stepKey, tries)
    case 'delete':
      return await deleteResource(run, job, stepKey, tries)
    case 'forget':
    case 'companion':
      return await endResource(run, job, stepKey)
  }
}
