/** Step Functions on one machine: the definitions of `statemachines/` with our handlers in place of functions. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Log, MachineName, StateMachines } from '#operations/ports.ts'
import { driftMachine } from '#statemachines/drift.ts'
import { executionMachine } from '#statemachines/execution.ts'
import type {
  DriftNext,
  DriftStep,
  ExecutionNext,
  ExecutionPayload,
  RunNext,
  RunStep,
} from '#statemachines/payload.ts'
import { runMachine } from '#statemachines/run.ts'
import { type Entered, type Interpretation, interpretMachine, type TaskAnswers } from './interpret-machine.ts'

interface Options {
  readonly handlers: {
    readonly executeStatements: (step: RunStep) => Promise<RunNext>
    readonly stepExecution: (step: ExecutionPayload) => Promise<ExecutionNext>
    readonly checkDrift: (step: DriftStep) => Promise<DriftNext>
  }
  readonly log: Log
  /** How long `close` waits for handlers that are at work, milliseconds; default 5,000. */
  readonly graceMs?: number
}

export interface LocalStateMachines extends StateMachines {
  /** `run/<name>`, `execution/<name>` or `drift/<name>` → the states it entered; of the latest executions, for tests and debugging. */
  readonly visited: ReadonlyMap<string, readonly string[]>
  /** An execution that has failed goes on at the state at which it did, with what that was given: `run/<name>`. */
  redrive(id: string): Promise<void>
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
  checkDriftFunction: 'check-drift',
  executionMachine: 'execution',
}
const keptExecutions = 200
const keptStates = 2_000
/** Step Functions knows a name for 90 days. */
const keptNames = 100_000

/** As the task that starts it fails on Step Functions; who starts one without waiting is content. */
class NameTaken extends Error {
  override readonly name = 'StepFunctions.ExecutionAlreadyExistsException'
}

interface Beginning {
  readonly machine: string
  readonly name: string
  readonly input: object
  readonly from?: string
}

interface Failure extends Beginning {
  readonly from: string
}

/** @example const machines = localStateMachines({ handlers: { executeStatements, stepExecution }, log }) */
export function localStateMachines(options: Options): LocalStateMachines {
  return new InProcessStateMachines(options)
}

class InProcessStateMachines implements LocalStateMachines {
  readonly visited = new Map<string, string[]>()
  readonly #running = new Map<string, Interpretation>()
  readonly #working = new Set<Promise<unknown>>()
  readonly #taken = new Set<string>()
  readonly #failed = new Map<string, Failure>()
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
      [values.checkDriftFunction, handlers.checkDrift],
    ])
    const answers: TaskAnswers = {
      'arn:aws:states:::lambda:invoke': (call: CallFunction) => this.#call(call),
      'arn:aws:states:::states:startExecution': async (call: CallMachine) => {
        void this.#begin(calledBy(call))
      },
      'arn:aws:states:::states:startExecution.sync:2': (call: CallMachine) => this.#begin(calledBy(call)),
    }
    this.#machines = new Map([
      ['run', interpretMachine(runMachine, values, answers)],
      ['execution', interpretMachine(executionMachine, values, answers)],
      ['drift', interpretMachine(driftMachine, values, answers)],
    ])
  }

  async start(machine: MachineName, name: string, input: object): Promise<void> {
    try {
      void this.#begin({ machine, name, input })
    } catch (error) {
      if (!(error instanceof NameTaken)) throw error
    }
  }

  async redrive(id: string): Promise<void> {
    const failure = this.#failed.get(id)
    if (failure === undefined) throw new Error(`no failed execution ${id}`)
    void this.#drive(failure)
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

  /**
   * Begins unless an execution of that name runs already; resolves or rejects as it ends, and never goes unhandled.
   * @throws NameTaken when there was one of that name before
   */
  #begin(beginning: Beginning): Promise<void> {
    const id = idOf(beginning)
    const present = this.#running.get(id)
    if (present !== undefined) return present.ended
    if (this.#taken.has(id)) throw new NameTaken(`an execution of the name ${id} has been before`)
    this.#taken.add(id)
    for (const oldest of this.#taken) {
      if (this.#taken.size <= keptNames) break
      this.#taken.delete(oldest)
    }
    return this.#drive(beginning)
  }

  #drive(beginning: Beginning): Promise<void> {
    const id = idOf(beginning)
    const interpret = this.#machines.get(beginning.machine)
    if (this.#isClosed || interpret === undefined) throw new Error(`cannot start state machine ${id}`)
    const { onState, latest } = this.#recorder(id)
    const { abort, ended } = interpret({ ...beginning, onState })
    this.#failed.delete(id)
    const settled = ended
      .finally(() => this.#running.delete(id))
      .catch((cause: unknown) => {
        const { name: from, input } = latest() ?? { name: undefined, input: beginning.input }
        if (from !== undefined) keep(this.#failed, id, { ...beginning, from, input })
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

  #recorder(id: string): {
    readonly onState: (state: Entered) => void
    readonly latest: () => Entered | undefined
  } {
    const states: string[] = []
    let latest: Entered | undefined
    keep(this.visited, id, states)
    return {
      latest: () => latest,
      onState: (state) => {
        this.#log('debug', `state machine ${id} entered ${state.name}`)
        if (states.length < keptStates) states.push(state.name)
        latest = state
      },
    }
  }
}

const idOf = ({ machine, name }: Pick<Beginning, 'machine' | 'name'>): string => `${machine}/${name}`

const calledBy = ({ StateMachineArn, Name, Input }: CallMachine): Beginning => ({
  machine: StateMachineArn,
  name: Name,
  input: Input,
})

/** The newest of all that were. */
function keep<Value>(kept: Map<string, Value>, id: string, value: Value): void {
  kept.delete(id)
  kept.set(id, value)
  for (const oldest of kept.keys()) {
    if (kept.size <= keptExecutions) break
    kept.delete(oldest)
  }
}

/** The interpreter wraps the failure that ended the execution. */
function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  return inner instanceof Error ? `${inner.name}: ${inner.message}` : String(inner)
}
