/** Drives the reducer on a virtual clock, with a script for what the cloud answers and a memory that survives crashes. */
import type {
  ExecutionEffect,
  ExecutionEvent,
  ExecutionSettings,
  StepState,
} from '#engine/execute/protocol.ts'
import { reduce } from '#engine/execute/reduce.ts'
import { startExecution } from '#engine/execute/state.ts'
import type { StoredStep } from '#engine/execute/stored-step.ts'
import type { Step } from '#engine/order/step.ts'

/** What a call answers: the n-th entry to the n-th call of the step, the last one from then on. */
export type Answer =
  | { readonly kind: 'done' }
  | { readonly kind: 'waiting'; readonly polls: number; readonly again?: boolean }
  | { readonly kind: 'failed'; readonly retry: 'never' | 'throttled' | 'later' | 'reread' }
  | { readonly kind: 'lost'; readonly happened: boolean }

export interface Simulation {
  readonly states: Readonly<Record<string, StepState>>
  /** Steps in the order in which their effects took place in the cloud, each as often as it did. */
  readonly made: readonly string[]
  readonly calls: readonly string[]
  /** What each of the calls was told of the tries before it. */
  readonly tries: readonly number[]
  readonly end: Extract<ExecutionEffect, { kind: 'end' }> | undefined
  readonly handOvers: readonly number[]
  readonly elapsedMs: number
  readonly maxInFlight: number
  readonly polls: readonly (readonly string[])[]
}

interface Memory {
  state: StepState
  exists: boolean
  isMade: boolean
  again: boolean
  pollsLeft: number
  calls: number
}

export interface Script {
  readonly answers?: Readonly<Record<string, readonly Answer[]>>
  /** Numbers of events after which the process dies and starts anew from what is stored. */
  readonly crashes?: readonly number[]
  readonly cancelAtMs?: number
  /** Milliseconds of each invocation. */
  readonly budgetMs?: number
  readonly settings?: Partial<ExecutionSettings>
  readonly callMs?: number
  /** For how long each call of a step waits for its turn before it is made, milliseconds. */
  readonly turns?: Readonly<Record<string, number>>
}

type Occurrence =
  | ExecutionEvent
  | { readonly kind: 'turn'; readonly step: string; readonly tries: number; readonly atMs: number }
type Timed = Occurrence & { readonly order: number }

export function simulate(steps: readonly Step[], script: Script = {}): Simulation {
  return new SimulatedWorld(steps, script).run()
}

class SimulatedWorld {
  private readonly steps: readonly Step[]
  private readonly script: Script
  private readonly memory = new Map<string, Memory>()
  private readonly made: string[] = []
  private readonly calls: string[] = []
  private readonly tries: number[] = []
  private readonly polls: (readonly string[])[] = []
  private readonly handOvers: number[] = []
  private end: Simulation['end']
  private nowMs = 0
  private count = 0
  private inFlight = 0
  private maxInFlight = 0
  private queue: Timed[] = []

  constructor(steps: readonly Step[], script: Script) {
    this.steps = steps
    this.script = script
    for (const { key } of steps) {
      this.memory.set(key, {
        state: 'pending',
        exists: false,
        isMade: false,
        again: false,
        pollsLeft: 0,
        calls: 0,
      })
    }
  }

  run(): Simulation {
    if (this.script.cancelAtMs !== undefined) this.send({ kind: 'cancel', atMs: this.script.cancelAtMs })
    let state = this.begin()
    for (let events = 0; !this.end && events < 100_000; events++) {
      const event = this.next()
      if (!event) break
      this.nowMs = Math.max(this.nowMs, event.atMs)
      if (event.kind === 'turn') {
        this.call(event.step, event.tries)
        continue
      }
      const reduced = reduce(state, { ...event, atMs: this.nowMs })
      state = reduced.state
      let isOver = false
      for (const effect of reduced.effects) isOver = this.perform(effect) || isOver
      if (event.kind === 'cancel' || event.kind === 'deadline') this.giveUpWaiting()
      if (this.script.crashes?.includes(events)) isOver = true
      if (isOver && !this.end) state = this.begin()
    }
    return {
      states: Object.fromEntries([...this.memory].map(([key, memory]) => [key, memory.state])),
      made: this.made,
      calls: this.calls,
      tries: this.tries,
      polls: this.polls,
      end: this.end,
      handOvers: this.handOvers,
      elapsedMs: this.nowMs,
      maxInFlight: this.maxInFlight,
    }
  }

  private begin() {
    this.queue = this.queue.filter(({ kind }) => kind === 'cancel')
    this.inFlight = 0
    this.send({ kind: 'start', atMs: this.nowMs })
    if (this.script.budgetMs) this.send({ kind: 'deadline', atMs: this.nowMs + this.script.budgetMs })
    const stored = this.steps.map((step): StoredStep => {
      const { state, exists, calls } = this.of(step.key)
      return { step, state, exists, tries: calls }
    })
    return startExecution(stored, this.script.settings)
  }

  private send(event: Occurrence): void {
    this.queue.push({ ...event, order: this.count++ })
  }

  private giveUpWaiting(): void {
    const waiting = this.queue.filter(({ kind }) => kind === 'turn')
    this.queue = this.queue.filter(({ kind }) => kind !== 'turn')
    for (const { step } of waiting as Extract<Occurrence, { kind: 'turn' }>[])
      this.send({ kind: 'unsent', step, atMs: this.nowMs })
  }

  private next(): Occurrence | undefined {
    this.queue.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
    const event = this.queue.shift()
    if (event && 'step' in event && isAnswer(event) && this.of(event.step).state === 'started')
      this.inFlight--
    if (event) this.store(event)
    return event
  }

  /** The outcome is committed before the reducer hears of it. */
  private store(event: Occurrence): void {
    if (event.kind === 'done') Object.assign(this.of(event.step), { state: 'done', exists: true })
    if (event.kind === 'again') Object.assign(this.of(event.step), { state: 'pending' })
    if (event.kind === 'waiting') {
      Object.assign(this.of(event.step), { state: 'waiting', exists: true })
    }
    if (event.kind === 'failed' || event.kind === 'absent') this.of(event.step).state = 'pending'
  }

  private perform(effect: ExecutionEffect): boolean {
    switch (effect.kind) {
      case 'call': {
        const { step, tries } = effect
        const atMs = this.nowMs + (this.script.turns?.[step] ?? 0)
        if (atMs > this.nowMs) this.send({ kind: 'turn', step, tries, atMs })
        else this.call(step, tries)
        return false
      }
      case 'settle':
        this.settle(effect.step)
        return false
      case 'poll':
        this.poll(effect.batch, effect.steps)
        return false
      case 'wake':
        this.send({ kind: 'tick', atMs: effect.atMs })
        return false
      case 'fail':
        this.of(effect.step).state = 'failed'
        return false
      case 'skip':
        this.of(effect.step).state = 'skipped'
        return false
      case 'handOver':
        this.handOvers.push(effect.delayMs)
        this.nowMs += effect.delayMs
        return true
      case 'end':
        this.end = effect
        return true
    }
  }

  private call(key: string, tries: number): void {
    const memory = this.of(key)
    this.tries.push(tries)
    const answers = this.script.answers?.[key] ?? []
    const answer = answers[Math.min(memory.calls, answers.length - 1)] ?? { kind: 'done' }
    memory.calls++
    this.calls.push(key)
    this.open(key)
    const atMs = this.nowMs + (this.script.callMs ?? 100)
    const isWriting =
      answer.kind === 'done' || answer.kind === 'waiting' || (answer.kind === 'lost' && answer.happened)
    if (isWriting && !memory.again) {
      memory.isMade = true
      this.made.push(key)
    }
    switch (answer.kind) {
      case 'done':
        this.send({ kind: 'done', step: key, atMs })
        break
      case 'waiting':
        Object.assign(memory, { pollsLeft: answer.polls, again: answer.again ?? false })
        this.send({ kind: 'waiting', step: key, atMs })
        break
      case 'failed':
        this.send({ kind: 'failed', step: key, retry: answer.retry, message: 'refused', atMs })
        break
      case 'lost':
        this.send({ kind: 'outcomeUnknown', step: key, atMs })
        break
    }
  }

  private settle(key: string): void {
    this.open(key)
    const kind = this.of(key).isMade ? 'done' : 'absent'
    this.send({ kind, step: key, atMs: this.nowMs + 10 })
  }

  private open(key: string): void {
    this.of(key).state = 'started'
    this.inFlight++
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight)
  }

  private poll(batch: string, steps: readonly string[]): void {
    this.polls.push(steps)
    const atMs = this.nowMs + 50
    for (const key of steps) {
      const memory = this.of(key)
      memory.pollsLeft--
      if (memory.pollsLeft <= 0) this.send({ kind: memory.again ? 'again' : 'done', step: key, atMs })
    }
    this.send({ kind: 'polled', batch, atMs })
  }

  private of(key: string): Memory {
    const memory = this.memory.get(key)
    if (!memory) throw new Error(`no step ${key}`)
    return memory
  }
}

const isAnswer = ({ kind }: Occurrence): boolean => kind !== 'again' && kind !== 'turn' && kind !== 'unsent'
