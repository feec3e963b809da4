import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions'
import { expect, test } from 'vitest'
import { type Definition, substitute, tasksOf } from '#statemachines/definition.ts'
import { driftMachine } from '#statemachines/drift.ts'
import { executionMachine } from '#statemachines/execution.ts'
import { checkPayload } from '#statemachines/payload.ts'
import { runMachine } from '#statemachines/run.ts'

const machines: [string, Definition][] = [
  ['run', runMachine],
  ['execution', executionMachine],
  ['drift', driftMachine],
]
const arn = 'arn:aws:lambda:us-east-1:123456789012:function:some'
const values = {
  executeStatementsFunction: arn,
  stepExecutionFunction: arn,
  checkDriftFunction: arn,
  executionMachine: arn,
}

test.each(machines)(
  'machine %s is one that Step Functions takes, without a placeholder left',
  (_, machine) => {
    const definition = substitute(machine, values)

    expect(JSON.stringify(definition)).not.toContain('${')
    expect(() => new StateMachine(definition as unknown as StateMachineDefinition)).not.toThrow()
  },
)

test.each(machines)(
  'every task of machine %s has a timeout that a timer can hold, and retries',
  (_, machine) => {
    const tasks = tasksOf(machine.States).map(([, task]) => task)

    expect(tasks.length).toBeGreaterThan(0)
    for (const task of tasks) {
      expect(task.TimeoutSeconds * 1_000).toBeLessThan(2 ** 31)
      expect(task.Retry.length).toBeGreaterThan(0)
    }
  },
)

test.each([
  ['run', runMachine],
  ['execution', executionMachine],
])(
  'a task of machine %s that fails for good ends it there, so that a redrive begins with it',
  (_, machine) => {
    const caught = tasksOf(machine.States).flatMap(([, { Catch = [] }]) =>
      Catch.flatMap(({ ErrorEquals }) => ErrorEquals),
    )

    expect(new Set(caught)).toEqual(new Set(['StepFunctions.ExecutionAlreadyExistsException']))
  },
)

test('a payload above 256 KiB of UTF-8 is refused as Step Functions refuses it', () => {
  const small = 'ö'.repeat(128 * 1024 - 1)

  expect(() => checkPayload('it', small)).not.toThrow()
  expect(() => checkPayload('it', `${small}ö`)).toThrow(
    expect.objectContaining({ name: 'States.DataLimitExceeded' }),
  )
})
