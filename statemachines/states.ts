/** States that both machines are made of, and the numbers that keep an execution within the limits of Step Functions. */
import type { Definition, TaskState } from './definition.ts'

/**
 * Rounds of one execution before it goes on in a fresh one. A history holds 25,000 events; a round takes up to 19, and 36
 * more when each of its tasks is retried to the end.
 */
const roundsOfOneHistory = 400

/** Longer than a Lambda function lives, so that its own end comes first. */
const functionSeconds = 930
/** Waiting for another execution: 20 days, since a JavaScript timer above 24.8 days fires at once. */
const executionSeconds = 1_728_000

const backoff = { BackoffRate: 2, MaxDelaySeconds: 30, JitterStrategy: 'FULL' } as const

const serviceErrors = {
  ErrorEquals: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
    'Lambda.ClientExecutionTimeoutException',
    'StepFunctions.ThrottlingException',
  ],
  IntervalSeconds: 1,
  MaxAttempts: 5,
  ...backoff,
} as const

/** A function that died or threw may be called again: what it does is claimed, fenced and committed step by step. */
const deadFunction = {
  ErrorEquals: ['States.TaskFailed', 'States.Timeout'],
  IntervalSeconds: 2,
  MaxAttempts: 2,
  ...backoff,
} as const

/**
 * Calls a function; its answer is then at `$.last.answer`. Nothing catches its failure: an execution that ends at its task
 * goes on there when somebody redrives it, one that ends at a Fail state only fails again.
 */
export const callFunction = (parameters: TaskState['Parameters'], next: string) =>
  ({
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: parameters,
    ResultSelector: { 'answer.$': '$.Payload' },
    ResultPath: '$.last',
    TimeoutSeconds: functionSeconds,
    Retry: [serviceErrors, deadFunction],
    Next: next,
  }) as const satisfies TaskState

interface Callee {
  readonly how: 'startExecution' | 'startExecution.sync:2'
  readonly parameters: TaskState['Parameters']
  /** Where it goes on when an execution of that name has been before: this task is one that is redriven, or was answered late. */
  readonly whenKnown: string
}

/** Starts an execution, and with `.sync:2` waits for its end. One that failed is not started again from here. */
export const callMachine = ({ how, parameters, whenKnown }: Callee, next: string) =>
  ({
    Type: 'Task',
    Resource: `arn:aws:states:::states:${how}`,
    Parameters: parameters,
    ResultPath: null,
    TimeoutSeconds: executionSeconds,
    Retry: [serviceErrors],
    Catch: [
      {
        ErrorEquals: ['StepFunctions.ExecutionAlreadyExistsException'],
        ResultPath: '$.failure',
        Next: whenKnown,
      },
    ],
    Next: next,
  }) as const satisfies TaskState

/** `$.rounds.count` guards the length of the history. */
export const startCounting = (next: string) =>
  ({ Type: 'Pass', Parameters: { count: 0 }, ResultPath: '$.rounds', Next: next }) as const

export const countRound = (next: string) =>
  ({
    Type: 'Pass',
    Parameters: { 'count.$': 'States.MathAdd($.rounds.count, 1)' },
    ResultPath: '$.rounds',
    Next: next,
  }) as const

export const whenHistoryIsLong = (next: string) =>
  ({ Variable: '$.rounds.count', NumericGreaterThanEquals: roundsOfOneHistory, Next: next }) as const

export const whenAnswered = (answer: string, next: string) =>
  ({ Variable: '$.last.answer.next', StringEquals: answer, Next: next }) as const

/** Where every machine ends. */
export const ends = {
  Done: { Type: 'Succeed' },
  Misunderstood: {
    Type: 'Fail',
    Error: 'Misunderstood',
    Cause: 'A function gave an answer that this machine does not know.',
  },
} as const satisfies Definition['States']
