/** Machine `run`: carries a run past one function's time, and past the long operations among its statements. */
import { type Definition, placeholder } from './definition.ts'
import {
  callFunction,
  callMachine,
  countRound,
  ends,
  startCounting,
  whenAnswered,
  whenHistoryIsLong,
} from './states.ts'

// The same in every retry, another one in every round and every history; at most 79 of the 80 characters of a name.
const childName =
  "States.Format('{}-{}-{}', $.tenantId, $.executionId, States.Hash(States.Format('{}-{}', $$.Execution.Name, $.rounds.count), 'SHA-1'))"
const successorName = "States.Format('{}-{}', $.tenantId, States.Hash($$.Execution.Name, 'SHA-1'))"

/** Input: a RunPayload. Whoever hosts the machine fills in each `${…}`. */
export const runMachine = {
  Comment:
    'Executes the statements of one run, one invocation after another, with long operations between them.',
  StartAt: 'Begin',
  States: {
    Begin: startCounting('IsExecutionPending'),
    IsExecutionPending: {
      Type: 'Choice',
      Choices: [{ Variable: '$.executionId', IsPresent: true, Next: 'RunExecution' }],
      Default: 'ExecuteStatements',
    },
    ExecuteStatements: callFunction(
      {
        FunctionName: placeholder('executeStatementsFunction'),
        Payload: { 'tenantId.$': '$.tenantId', 'runId.$': '$.runId' },
      },
      'CountRound',
    ),
    CountRound: countRound('DecideNext'),
    DecideNext: {
      Type: 'Choice',
      Choices: [
        whenAnswered('done', 'Done'),
        whenAnswered('execution', 'TakeExecution'),
        whenAnswered('again', 'IsHistoryLong'),
      ],
      Default: 'Misunderstood',
    },
    TakeExecution: {
      Type: 'Pass',
      Parameters: {
        'tenantId.$': '$.tenantId',
        'runId.$': '$.runId',
        'rounds.$': '$.rounds',
        'executionId.$': '$.last.answer.executionId',
      },
      Next: 'RunExecution',
    },
    RunExecution: callMachine(
      {
        how: 'startExecution.sync:2',
        parameters: {
          StateMachineArn: placeholder('executionMachine'),
          'Name.$': childName,
          Input: { 'tenantId.$': '$.tenantId', 'executionId.$': '$.executionId' },
        },
        // Says whether the execution has ended, and if not, it is driven on under the name of the next round.
        whenKnown: 'ExecuteStatements',
      },
      'IsHistoryLong',
    ),
    IsHistoryLong: {
      Type: 'Choice',
      Choices: [whenHistoryIsLong('ContinueElsewhere')],
      Default: 'ExecuteStatements',
    },
    ContinueElsewhere: callMachine(
      {
        how: 'startExecution',
        parameters: {
          'StateMachineArn.$': '$$.StateMachine.Id',
          'Name.$': successorName,
          Input: { 'tenantId.$': '$.tenantId', 'runId.$': '$.runId' },
        },
        whenKnown: 'Done',
      },
      'Done',
    ),
    ...ends,
  },
} as const satisfies Definition
