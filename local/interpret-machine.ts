/** One definition as the local interpreter runs it: every task answered in this process, every payload measured. */
import { type RunOptions, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions'
import { type Definition, substitute, type TaskResource, tasksOf } from '#statemachines/definition.ts'
import { checkPayload } from '#statemachines/payload.ts'

/** What a task of each kind is answered by; the parameters are those that Step Functions would send to the service. */
export type TaskAnswers = Readonly<Record<TaskResource, (parameters: never) => Promise<unknown>>>

export interface Interpretation {
  readonly ended: Promise<void>
  /** Ends the execution at the next state; a wait ends at once. */
  readonly abort: () => void
}

/** A state, and what it was given. */
export interface Entered {
  readonly name: string
  readonly input: object
}

interface Start {
  readonly machine: string
  readonly name: string
  readonly input: object
  /** The state of the definition to begin with: the one at which an execution that is redriven has failed. */
  readonly from?: string | undefined
  readonly onState: (state: Entered) => void
}

type Overrides = NonNullable<NonNullable<RunOptions['overrides']>['taskResourceLocalHandlers']>

/** The definition is one that Step Functions takes: a test of each asks that once, here it would take a second of every start. */
export function interpretMachine(
  definition: Definition,
  values: Parameters<typeof substitute>[1],
  answers: TaskAnswers,
): (start: Start) => Interpretation {
  const substituted = substitute(definition, values)
  const beginningAt = (StartAt: string) =>
    new StateMachine({ ...substituted, StartAt } as unknown as StateMachineDefinition, {
      validationOptions: { noValidate: true },
    })
  const whole = beginningAt(substituted.StartAt)
  const overrides = overridesOf(substituted, answers)

  return ({ machine, name, input, from, onState }) => {
    checkPayload(`${machine}/${name}`, input)
    const interpreter = from === undefined ? whole : beginningAt(from)
    const { result, eventLogs, abort } = interpreter.run(JSON.parse(JSON.stringify(input)), {
      overrides: { taskResourceLocalHandlers: overrides },
      context: {
        Execution: { Id: `${machine}/${name}`, Name: name },
        StateMachine: { Id: machine, Name: machine },
      },
    })
    const watched = watch(eventLogs, onState)
    return { abort, ended: result.finally(() => watched).then(() => undefined) }
  }
}

/** A task without an override would make a real call of AWS. */
function overridesOf(definition: Definition, answers: TaskAnswers): Overrides {
  const overrides: Overrides = {}
  for (const [name, state] of tasksOf(definition.States)) {
    const answer = answers[state.Resource]
    if (answer === undefined) throw new Error(`nothing here answers the task ${name}`)
    overrides[name] = async (parameters) => {
      checkPayload(`the input of ${name}`, parameters)
      const output = await answer(parameters as never)
      checkPayload(`the output of ${name}`, output)
      return output as never
    }
  }
  return overrides
}

async function watch(
  events: AsyncIterable<{
    readonly type: string
    readonly state?: { readonly name: string; readonly input: unknown }
  }>,
  onState: (state: Entered) => void,
): Promise<void> {
  for await (const { type, state } of events) {
    if (type === 'StateEntered' && state !== undefined)
      onState({ name: state.name, input: Object(state.input) })
  }
}
