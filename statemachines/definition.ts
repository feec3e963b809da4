/** The part of the Amazon States Language that our definitions use, in its JSONPath form: https://states-language.net. */
type Template = { readonly [key: string]: string | number | Template }

interface Retrier {
  readonly ErrorEquals: readonly string[]
  readonly IntervalSeconds: number
  readonly MaxAttempts: number
  readonly BackoffRate: number
  readonly MaxDelaySeconds: number
  readonly JitterStrategy: 'FULL'
}

interface Catcher {
  readonly ErrorEquals: readonly string[]
  readonly ResultPath: string
  readonly Next: string
}

export type TaskResource =
  | 'arn:aws:states:::lambda:invoke'
  | 'arn:aws:states:::states:startExecution'
  /** Waits for the end of what it starts. */
  | 'arn:aws:states:::states:startExecution.sync:2'

export interface TaskState {
  readonly Type: 'Task'
  readonly Resource: TaskResource
  readonly Parameters: Template
  readonly ResultSelector?: Template
  /** null drops the result. */
  readonly ResultPath: string | null
  /** Always said: the local interpreter gives a task one minute where Step Functions gives it three years. */
  readonly TimeoutSeconds: number
  readonly Retry: readonly Retrier[]
  readonly Catch?: readonly Catcher[]
  readonly Next: string
}

interface ChoiceRule {
  readonly Variable: string
  readonly StringEquals?: string
  readonly NumericGreaterThanEquals?: number
  readonly IsPresent?: boolean
  readonly Next: string
}

/** Runs its states for each item of a list, so many items at once; the results are dropped. */
interface MapState {
  readonly Type: 'Map'
  readonly ItemsPath: string
  readonly ItemSelector: Template
  readonly MaxConcurrency: number
  readonly ItemProcessor: {
    readonly ProcessorConfig: { readonly Mode: 'INLINE' }
    readonly StartAt: string
    readonly States: States
  }
  readonly ResultPath: null
  readonly Next: string
}

type States = Readonly<Record<string, State>>

type State =
  | TaskState
  | {
      readonly Type: 'Pass'
      readonly Parameters: Template
      readonly ResultPath?: string
      readonly Next: string
    }
  | { readonly Type: 'Choice'; readonly Choices: readonly ChoiceRule[]; readonly Default: string }
  | { readonly Type: 'Wait'; readonly SecondsPath: string; readonly Next: string }
  | MapState
  | { readonly Type: 'Succeed' }
  | { readonly Type: 'Fail'; readonly Error: string; readonly Cause: string }
  | { readonly Type: 'Fail'; readonly ErrorPath: string; readonly CausePath: string }

export interface Definition {
  readonly Comment: string
  readonly StartAt: string
  readonly States: States
}

/** All tasks by name, also those within a Map. */
export const tasksOf = (states: States): readonly (readonly [name: string, task: TaskState])[] =>
  Object.entries(states).flatMap(([name, state]) => {
    if (state.Type === 'Task') return [[name, state] as const]
    return state.Type === 'Map' ? tasksOf(state.ItemProcessor.States) : []
  })

/** What a host fills in: names or ARNs of its functions and machines. */
type PlaceholderName =
  | 'executeStatementsFunction'
  | 'stepExecutionFunction'
  | 'checkDriftFunction'
  | 'executionMachine'

export const placeholder = (name: PlaceholderName): string => `\${${name}}`

/** The definition with every placeholder replaced; CloudFormation does the same with a machine's DefinitionSubstitutions. */
export function substitute(
  definition: Definition,
  values: Readonly<Record<PlaceholderName, string>>,
): Definition {
  const text = JSON.stringify(definition)
  return JSON.parse(text.replace(/\$\{(\w+)\}/g, (_, name: PlaceholderName) => values[name]))
}
