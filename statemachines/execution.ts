/** Machine `execution`: drives one durable execution (apply, sync, install, uninstall), a step an invocation. */
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

const ids = { 'tenantId.$': '$.tenantId', 'executionId.$': '$.executionId' } as const
// The same in every retry, another one in every round.
const successorName =
  "States.Format('{}-{}-{}', $.tenantId, $.executionId, States.Hash(States.Format('{}-{}', $$.Execution.Name, $.rounds.count), 'SHA-1'))"

/** Input: an ExecutionPayload. Whoever hosts the machine fills in each `${…}`. */
export const executionMachine = {
  Comment: 'Steps one durable execution until it is done, waiting between steps as long as each step says.',
  StartAt: 'Begin',
  States: {
    Begin: startCounting('StepExecution'),
    StepExecution: callFunction(
      { FunctionName: placeholder('stepExecutionFunction'), Payload: ids },
      'CountRound',
    ),
    CountRound: countRound('DecideNext'),
    DecideNext: {
      Type: 'Choice',
      Choices: [
        whenAnswered('done', 'Done'),
        whenHistoryIsLong('ContinueElsewhere'),
        whenAnswered('again', 'StepExecution'),
        whenAnswered('wait', 'Pause'),
      ],
      Default: 'Misunderstood',
    },
    Pause: { Type: 'Wait', SecondsPath: '$.last.answer.seconds', Next: 'StepExecution' },
    // Waits for its successor: a run may be waiting for this execution.
    ContinueElsewhere: callMachine(
      {
        how: 'startExecution.sync:2',
        parameters: { 'StateMachineArn.$': '$$.StateMachine.Id', 'Name.$': successorName, Input: ids },
        whenKnown: 'StepExecution',
      },
      'Done',
    ),
    ...ends,
  },
} as const satisfies Definition
