/** When each step would begin and end: what it needs, the limits of AWS and slots for calls, by the tables' estimates. */
import type { Step } from '#engine/order/step.ts'
import { type Agenda, agenda } from './agenda.ts'
import { type CallSlots, callSlots } from './call-slots.ts'
import { criticalSteps } from './critical-steps.ts'
import { countNeeds, type Needs, wavesOf } from './needs.ts'
import {
  answeredAfterMs,
  type Bound,
  type Calls,
  type ScheduledStep,
  type ScheduleInput,
} from './schedule.ts'
import { type TokenLines, tokenLines } from './token-lines.ts'

/** In the order in which the steps begin. */
export function simulate(input: ScheduleInput): readonly ScheduledStep[] {
  const waves = wavesOf(input.steps)
  const scheduled = beginnings(input).map(({ step, startsMs, waits }) => ({
    step,
    wave: waves.get(step.key) ?? 1,
    startsMs,
    endsMs: startsMs + step.estimateMs,
    bound: waits.at(-1) ?? nothing,
    waits,
  }))
  const critical = criticalSteps(scheduled)
  return scheduled.map(({ step, wave, startsMs, endsMs, bound }) => {
    return { step, wave, startsMs, endsMs, bound, isCritical: critical.has(step.key) }
  })
}

const nothing: Bound = { kind: 'nothing' }

interface Beginning {
  readonly step: Step
  readonly startsMs: number
  readonly waits: readonly Bound[]
}

/** A step on its way to its call. */
interface Coming {
  readonly step: Step
  readonly calls: Calls | null
  readonly waits: Bound[]
}

type Moment = { readonly kind: 'answered' | 'done'; readonly index: number } | { readonly kind: 'tokens' }

interface Stage {
  readonly coming: readonly Coming[]
  readonly begun: Beginning[]
  readonly needs: Needs
  readonly lines: TokenLines
  readonly slots: CallSlots
  readonly moments: Agenda<Moment>
  nowMs: number
}

function beginnings({ steps, callsOf, callsAtOnce }: ScheduleInput): readonly Beginning[] {
  const stage: Stage = {
    coming: steps.map((step) => ({ step, calls: callsOf(step), waits: [nothing] })),
    begun: [],
    needs: countNeeds(steps),
    lines: tokenLines(),
    slots: callSlots(callsAtOnce),
    moments: agenda(),
    nowMs: 0,
  }
  for (const index of stage.needs.ready) proceed(stage, index, 0)
  serve(stage)
  for (let moment = stage.moments.next(); moment; moment = stage.moments.next()) {
    stage.nowMs = moment.atMs
    for (const event of moment.events) happen(stage, event)
    serve(stage)
  }
  return stage.begun
}

/** Through its buckets one after the other, then to a slot; `passed` of them are behind it. */
function proceed(stage: Stage, index: number, passed: number): void {
  const { calls = null, step } = stage.coming[index] ?? {}
  const rank = -(step?.priorityMs ?? 0)
  const bucket = calls?.buckets[passed]
  if (calls === null) begin(stage, index)
  else if (bucket) stage.lines.join(bucket, { index, rank, passed, sinceMs: stage.nowMs })
  else stage.slots.join(index, rank, stage.nowMs)
}

function begin({ coming, begun, moments, nowMs }: Stage, index: number): void {
  const one = coming[index]
  if (!one) return
  begun.push({ step: one.step, startsMs: nowMs, waits: one.waits })
  moments.add(nowMs + answeredAfterMs(one.step), { kind: 'answered', index })
  moments.add(nowMs + one.step.estimateMs, { kind: 'done', index })
}

/** Whoever may begin now does. */
function serve(stage: Stage): void {
  const { lines, slots, moments, nowMs } = stage
  for (let turn = lines.serve(nowMs); ; turn = lines.serve(nowMs)) {
    for (const dueMs of turn.dueMs) moments.add(dueMs, { kind: 'tokens' })
    for (const { index, passed, bucket, after } of turn.granted) {
      if (after !== null) bind(stage, index, { kind: 'bucket', bucket, after: keyAt(stage, after) })
      proceed(stage, index, passed + 1)
    }
    if (turn.granted.length === 0) break
  }
  for (const { index, after } of slots.admit(nowMs)) {
    if (after !== null) bind(stage, index, { kind: 'slots', after: keyAt(stage, after) })
    begin(stage, index)
  }
}

function happen(stage: Stage, moment: Moment): void {
  if (moment.kind === 'tokens') return
  const { kind, index } = moment
  if (kind === 'answered' && stage.coming[index]?.calls) stage.slots.leave(index)
  for (const ready of stage.needs.meet(index, kind === 'done' ? 'done' : 'exists')) {
    bind(stage, ready, { kind: 'step', after: keyAt(stage, index) })
    proceed(stage, ready, 0)
  }
}

const keyAt = ({ coming }: Stage, index: number): string => coming[index]?.step.key ?? ''

function bind({ coming }: Stage, index: number, bound: Bound): void {
  coming[index]?.waits.push(bound)
}
