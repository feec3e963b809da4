/** The loop between deciding and doing: the reducer says what is due, this does it and reports what came of it. */
import { defaultSettings, type ExecutionEffect, type ExecutionEvent } from '#engine/execute/protocol.ts'
import { earlyMs, reduce } from '#engine/execute/reduce.ts'
import { startExecution } from '#engine/execute/state.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { type ApplyRun, openRun, type RunOptions, type StepEvent } from './apply-run.ts'
import { createResource } from './create-resource.ts'
import { deleteResource, endResource } from './end-steps.ts'
import { failStep, skipStep } from './give-up.ts'
import { type Job, stepOf } from './jobs.ts'
import { pollStep } from './poll-steps.ts'
import { settleStep } from './settle-step.ts'
import { openTurns, type Turn, type Turns } from './turns.ts'
import { whySkipped } from './why-skipped.ts'
import { adoptResource, updateResource } from './write-steps.ts'

export type StepsEnd = { readonly kind: 'handOver'; readonly seconds: number } | { readonly kind: 'end' }

type UntimedEvent = ExecutionEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'atMs'>
    : never
  : never

interface StepsOptions extends RunOptions {
  /** What is not done whole is taken back. */
  readonly isAllOrNothing?: boolean
}

export async function runSteps(
  context: ExecutionContext,
  { isAllOrNothing = false, ...options }: StepsOptions = {},
): Promise<StepsEnd> {
  const stop = new AbortController()
  const run = await openRun(context, AbortSignal.any([context.lost, stop.signal]), options)
  const inFlight = new Set<Promise<void>>()
  const timers = new AbortController()
  const ending = new AbortController()
  const turns = openTurns(run, {
    ending: ending.signal,
    abandoned: AbortSignal.any([context.lost, stop.signal]),
    over: timers.signal,
  })
  try {
    const end = await drive(run, { turns, ending, inFlight, timers: timers.signal, isAllOrNothing })
    await Promise.all(inFlight)
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

interface Drive {
  readonly turns: Turns
  /** Aborted when nothing new is to be begun. */
  readonly ending: AbortController
  readonly inFlight: Set<Promise<void>>
  readonly timers: AbortSignal
  readonly isAllOrNothing: boolean
}

function drive(run: ApplyRun, { turns, ending, inFlight, timers, isAllOrNothing }: Drive): Promise<StepsEnd> {
  const { clock } = run.context.ports
  return new Promise((resolve, reject) => {
    let state = startExecution(
      run.jobs.all.flatMap((job) => job.steps),
      { noProgressMs: patienceMs(run), isAllOrNothing },
    )
    const dispatch = (event: UntimedEvent): void => {
      const next = reduce(state, { ...event, atMs: clock.now().getTime() } as ExecutionEvent)
      state = next.state
      if (state.stopping === 'cancel') ending.abort()
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
          const work = perform({ run, turns, dispatch }, effect).catch(reject)
          inFlight.add(work)
          void work.finally(() => inFlight.delete(work))
        }
      }
    }
    const at = (atMs: number, event: UntimedEvent): void => {
      const delayMs = Math.max(0, atMs - clock.now().getTime())
      const ring = (): void => {
        // A clock that was set back meanwhile has to come there first: nobody else would look again.
        if (clock.now().getTime() < atMs - earlyMs) at(atMs, event)
        else if (event.kind === 'deadline') stopFor(event)
        else dispatch(event)
      }
      clock
        .sleep(delayMs, timers)
        .then(ring, () => undefined)
        .catch(reject)
    }
    // The reducer knows first, so that it does not begin again what gives up waiting.
    const stopFor = (event: UntimedEvent): void => {
      dispatch(event)
      ending.abort()
    }
    const { lost, cancelled, deadlineMs } = run.context
    lost.addEventListener('abort', () => reject(lost.reason))
    cancelled.addEventListener('abort', () => stopFor({ kind: 'cancel' }))
    if (lost.aborted) reject(lost.reason)
    else if (cancelled.aborted) stopFor({ kind: 'cancel' })
    else dispatch({ kind: 'start' })
    at(deadlineMs, { kind: 'deadline' })
  })
}

/** An emulator does not lag: what it refuses for so long it refuses for ever. */
const patienceMs = ({ context }: ApplyRun): number =>
  Math.max(context.ports.cloud.settleMs(defaultSettings.noProgressMs), 20_000)

type Work = Exclude<ExecutionEffect, { readonly kind: 'end' | 'handOver' | 'wake' }>

interface Performer {
  readonly run: ApplyRun
  readonly turns: Turns
  dispatch(event: UntimedEvent): void
}

async function perform({ run, turns, dispatch }: Performer, effect: Work): Promise<void> {
  switch (effect.kind) {
    case 'call': {
      const { step, tries } = effect
      const job = run.jobs.ofStep(step)
      dispatch(await inTurn(await turns.toCall(job, step), { job, step }, () => call(run, job, step, tries)))
      return
    }
    case 'settle': {
      const { step } = effect
      const job = run.jobs.ofStep(step)
      dispatch(await inTurn(await turns.toLookUp(job, step), { job, step }, () => settleStep(run, job, step)))
      return
    }
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
      await skipStep(run, effect.step, effect.because, whySkipped(run.jobs, effect))
  }
}

async function inTurn(
  turn: Turn | undefined,
  { job, step }: { readonly job: Job; readonly step: string },
  act: () => Promise<StepEvent>,
): Promise<StepEvent> {
  if (!turn) return { kind: 'unsent', step }
  job.cloud = turn.cloud
  try {
    return await act()
  } finally {
    turn.end()
  }
}

async function call(run: ApplyRun, job: Job, stepKey: string, tries: number): Promise<StepEvent> {
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
