/** Machine `drift`: one look at one tenant's cloud, a durable sync for each place, a few places at a time. */
import { type Definition, placeholder } from './definition.ts'
import { callFunction, callMachine, ends, whenAnswered } from './states.ts'

/** More would take the account's calls from those who wait for theirs. */
const placesAtATime = 4

const check = { 'tenantId.$': '$.tenantId', 'checkId.$': '$.checkId' } as const
const call = (payload: Record<string, string>, next: string) =>
  callFunction({ FunctionName: placeholder('checkDriftFunction'), Payload: { ...check, ...payload } }, next)

// The same in every retry: the sync of a place is one execution of its own.
const childName =
  "States.Format('{}-{}-{}', $.tenantId, $.last.answer.executionId, States.Hash($$.Execution.Name, 'SHA-1'))"

/** Whatever becomes of a check, the next one may begin. */
const ended = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'EndFailed' }] as const
/** A place that cannot be looked at is no reason to leave the others out; the next check tries again. */
const leftOut = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'PlaceDone' }] as const

/** Input: a DriftPayload. Whoever hosts the machine fills in each `${…}`. */
export const driftMachine = {
  Comment: "Looks for drift in one tenant's cloud, place by place.",
  StartAt: 'ListPlaces',
  States: {
    ListPlaces: { ...call({ step: 'places' }, 'EachPlace'), Catch: ended },
    EachPlace: {
      Type: 'Map',
      ItemsPath: '$.last.answer.places',
      ItemSelector: { ...check, 'placeId.$': '$$.Map.Item.Value.placeId' },
      MaxConcurrency: placesAtATime,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'BeginSync',
        States: {
          BeginSync: { ...call({ step: 'place', 'placeId.$': '$.placeId' }, 'IsToSync'), Catch: leftOut },
          IsToSync: {
            Type: 'Choice',
            Choices: [whenAnswered('execution', 'RunSync')],
            Default: 'PlaceDone',
          },
          RunSync: {
            ...callMachine(
              {
                how: 'startExecution.sync:2',
                parameters: {
                  StateMachineArn: placeholder('executionMachine'),
                  'Name.$': childName,
                  Input: { 'tenantId.$': '$.tenantId', 'executionId.$': '$.last.answer.executionId' },
                },
                whenKnown: 'PlaceDone',
              },
              'PlaceDone',
            ),
            Catch: leftOut,
          },
          PlaceDone: { Type: 'Succeed' },
        },
      },
      // No item ever fails, so there is nothing to catch.
      ResultPath: null,
      Next: 'EndCheck',
    },
    EndCheck: call({ step: 'end' }, 'Done'),
    EndFailed: call({ step: 'end' }, 'Failed'),
    Done: ends.Done,
    Failed: { Type: 'Fail', ErrorPath: '$.failure.Error', CausePath: '$.failure.Cause' },
  },
} as const satisfies Definition
