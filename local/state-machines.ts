/** Step Functions on one machine: the definitions of `statemachines/` with our handlers in place of functions. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Log, StateMachines } from '#operations/ports.ts'
import { executionMachine } from '#statemachines/execution.ts'
import type { ExecutionNext, ExecutionPayload, RunNext, RunStep } from '#statemachines/payload.ts'
import { runMachine } from '#statemachines/run.ts'
import { type Interpretation, interpretMachine, type TaskAnswers } from './interpret-machine.ts'

interface Options {
  readonly handlers: {
    readonly executeStatements: (step: RunStep) => Promise<RunNext>
    readonly stepExecution: (step: ExecutionPayload) => Promise<ExecutionNext>
  }
  readonly log: Log
  /** How long `close` waits for handlers that are at work, milliseconds; default 5,000. */
  readonly graceMs?: number
}

export interface LocalStateMachines extends StateMachines {
  /** `run/<name>` or `execution/<name>` → the states it entered; of the latest executions, for tests and debugging. */
  readonly visited: ReadonlyMap<string, readonly string[]>
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>
  /** Starts nothing any more, ends waits at once, lets handlers at work finish within the grace. */
  close(): Promise<void>
}

interface CallFunction {
  readonly FunctionName: string
  readonly Payload: never
}

interface CallMachine {
  readonly StateMachineArn: string
  readonly Name: string
  readonly Input: object
}

const values = {
  executeStatementsFunction: 'execute-statements',
  stepExecutionFunction: 'step-execution',
  executionMachine: 'execution',
}
const keptExecutions = 200
const keptStates = 2_000

/** @example const machines = localStateMachines({ handlers: { executeStatements, stepExecution }, log }) */
export function localStateMachines(options: Options): LocalStateMachines {
  return new InProcessStateMachines(options)
}

class InProcessStateMachines implements LocalStateMachines {
  readonly visited = new Map<string, string[]>()
  readonly #running = new Map<string, Interpretation>()
  readonly #working = new Set<Promise<unknown>>()
  readonly #log: Log
  readonly #graceMs: number
  readonly #functions: ReadonlyMap<string, (payload: never) => Promise<unknown>>
  readonly #machines: ReadonlyMap<string, ReturnType<typeof interpretMachine>>
  #isClosed = false

  constructor({ handlers, log, graceMs = 5_000 }: Options) {
    this.#log = log
    this.#graceMs = graceMs
    this.#functions = new Map<string, (payload: never) => Promise<unknown>>([
      [values.executeStatementsFunction, handlers.executeStatements],
      [values.stepExecutionFunction, handlers.stepExecution],
    ])
    const answers: TaskAnswers = {
      'arn:aws:states:::lambda:invoke': (call: CallFunction) => this.#call(call),
      'arn:aws:states:::states:startExecution': async (call: CallMachine) => {
        void this.#begin(call.StateMachineArn, call.Name, call.Input)
      },
      'arn:aws:states:::states:startExecution.sync:2': (call: CallMachine) =>
        this.#begin(call.StateMachineArn, call.Name, call.Input),
    }
    this.#machines = new Map([
      ['run', interpretMachine(runMachine, values, answers)],
      ['execution', interpretMachine(executionMachine, values, answers)],
    ])
  }

  async start(machine: 'run' | 'execution', name: string, input: object): Promise<void> {
    void this.#begin(machine, name, input)
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.allSettled([...this.#running.values()].map(({ ended }) => ended))
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const { abort } of this.#running.values()) abort()
    const timer = new AbortController()
    const grace = delay(this.#graceMs, undefined, { signal: timer.signal }).catch(() => undefined)
    await Promise.race([Promise.allSettled(this.#working), grace])
    timer.abort()
    if (this.#working.size > 0)
      this.#log('warn', `invocations still at work at the end: ${this.#working.size}`)
    await this.idle()
  }

  /** Begins unless an execution of that name runs already; resolves or rejects as it ends, and never goes unhandled. */
  #begin(machine: string, name: string, input: object): Promise<void> {
    const id = `${machine}/${name}`
    const present = this.#running.get(id)
    if (present !== undefined) return present.ended
    const interpret = this.#machines.get(machine)
    if (this.#isClosed || interpret === undefined) throw new Error(`cannot start state machine ${id}`)
    const { abort, ended } = interpret({ machine, name, input, onState: this.#recorder(id) })
    const settled = ended
      .finally(() => this.#running.delete(id))
      .catch((cause: unknown) => {
        if (!this.#isClosed) this.#log('error', `state machine ${id} failed: ${reasonOf(cause)}`)
        throw cause
      })
    settled.catch(() => undefined)
    this.#running.set(id, { abort, ended: settled })
    return settled
  }

  async #call({ FunctionName, Payload }: CallFunction): Promise<{ Payload: unknown }> {
    const handler = this.#functions.get(FunctionName)
    if (this.#isClosed || handler === undefined) throw new Error(`cannot call function ${FunctionName}`)
    const work = handler(Payload)
    this.#working.add(work)
    try {
      return { Payload: await work }
    } finally {
      this.#working.delete(work)
    }
  }

  #recorder(id: string): (state: string) => void {
    const states: string[] = []
    this.visited.delete(id)
    this.visited.set(id, states)
    for (const oldest of this.visited.keys()) {
      if (this.visited.size <= keptExecutions) break
      this.visited.delete(oldest)
    }
    return (state) => {
      this.#log('debug', `state machine ${id} entered ${state}`)
      if (states.length < keptStates) states.push(state)
    }
  }
}

/** The interpreter wraps the failure that ended the execution. */
function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  return inner instanceof Error ? `${inner.name}: ${inner.message}` : String(inner)
}
