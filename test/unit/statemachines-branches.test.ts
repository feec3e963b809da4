/** The definitions as they are executed: over these tests every branch of each is taken, and a redrive goes on where it failed. */
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type LocalStateMachines, localStateMachines } from '#local/state-machines.ts'
import type { Definition } from '#statemachines/definition.ts'
import { driftMachine } from '#statemachines/drift.ts'
import { executionMachine } from '#statemachines/execution.ts'
import { runMachine } from '#statemachines/run.ts'

type Handlers = Parameters<typeof localStateMachines>[0]['handlers']
type States = Definition['States']

const definitions = { run: runMachine, execution: executionMachine, drift: driftMachine }
type MachineName = keyof typeof definitions

const branch = (from: string, to: string): string => `${from} → ${to}`

/** All that may follow each state; whoever ends the items of a Map goes on after it. */
const branchesOf = (states: States, after?: string): readonly string[] =>
  Object.entries(states).flatMap(([name, state]): readonly string[] => {
    switch (state.Type) {
      case 'Choice':
        return [...state.Choices.map(({ Next }) => branch(name, Next)), branch(name, state.Default)]
      case 'Map': {
        const { StartAt, States: inner } = state.ItemProcessor
        return [branch(name, StartAt), branch(name, state.Next), ...branchesOf(inner, state.Next)]
      }
      case 'Succeed':
        return after === undefined ? [] : [branch(name, after)]
      case 'Fail':
        return []
      case 'Task':
        return [state, ...(state.Catch ?? [])].map(({ Next }) => branch(name, Next))
      default:
        return [branch(name, state.Next)]
    }
  })

const taken: Record<MachineName, Set<string>> = { run: new Set(), execution: new Set(), drift: new Set() }
const logged: string[] = []
let machines: LocalStateMachines

const done = async () => ({ next: 'done' }) as const

/** Each answer in turn, an error thrown; then `done`. */
const answering = (answers: readonly (object | Error)[]) => {
  const left = [...answers]
  return vi.fn(async () => {
    const answer = left.shift() ?? { next: 'done' }
    if (answer instanceof Error) throw answer
    return answer as never
  })
}

const machinesWith = (handlers: Partial<Handlers>): LocalStateMachines => {
  machines = localStateMachines({
    handlers: { executeStatements: done, stepExecution: done, checkDrift: done, ...handlers },
    log: (level, message) => (level === 'error' ? logged.push(message) : undefined),
  })
  return machines
}

/** Until nothing runs, retries that wait included. */
const settled = async (): Promise<void> => {
  let isIdle = false
  const idle = machines.idle().then(() => {
    isIdle = true
  })
  while (!isIdle) await vi.advanceTimersByTimeAsync(1_000)
  await idle
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
  logged.length = 0
  for (const [id, states] of machines.visited) {
    const of = taken[id.split('/')[0] as MachineName]
    for (const [index, state] of states.slice(1).entries()) of.add(branch(states[index] ?? '', state))
  }
})

const broken = () => Object.assign(new Error('broken'), { name: 'Broken' })
/** A task is tried three times. */
const brokenForGood = () => [broken(), broken(), broken()]
const run = { tenantId: 't_1', runId: 'r1' }
const execution = { tenantId: 't_1', executionId: '7' }
const check = { tenantId: 't_1', checkId: '7' }
const again = (times: number) => Array.from({ length: times }, () => ({ next: 'again' }))

test('a run goes through its operations, begins with one, and goes on in a fresh history', async () => {
  machinesWith({
    executeStatements: answering([{ next: 'execution', executionId: '7' }, ...again(420)]),
    stepExecution: answering([{ next: 'again' }, { next: 'wait', seconds: 1 }]),
  })

  await machines.start('run', 'r1', run)
  await settled()
  await machines.start('run', 'r2', { ...run, executionId: '8' })
  await settled()

  expect(logged).toEqual([])
  expect([...machines.visited.keys()].filter((id) => id.startsWith('run/'))).toHaveLength(3)
})

test('a run whose operation failed is redriven: the operation goes on under another name, and the run after it', async () => {
  const executeStatements = answering([
    { next: 'execution', executionId: '7' },
    { next: 'execution', executionId: '7' },
  ])
  machinesWith({ executeStatements, stepExecution: answering(brokenForGood()) })
  await machines.start('run', 'r1', run)
  await settled()
  const failed = logged.splice(0)

  await machines.redrive('run/r1')
  await settled()

  expect(failed).toEqual([
    expect.stringMatching(/^state machine execution\/.* failed: Broken/),
    expect.stringMatching(/^state machine run\/r1 failed/),
  ])
  expect(logged).toEqual([])
  expect(machines.visited.get('run/r1')?.slice(0, 2)).toEqual(['RunExecution', 'ExecuteStatements'])
  expect(machines.visited.get('run/r1')?.at(-1)).toBe('Done')
  expect([...machines.visited.keys()].filter((id) => id.startsWith('execution/'))).toHaveLength(2)
})

test('an execution whose step failed is redriven at that step', async () => {
  const stepExecution = answering([{ next: 'again' }, ...brokenForGood()])
  machinesWith({ stepExecution })
  await machines.start('execution', 'e1', execution)
  await settled()

  await machines.redrive('execution/e1')
  await settled()

  expect(machines.visited.get('execution/e1')).toEqual(['StepExecution', 'CountRound', 'DecideNext', 'Done'])
  expect(stepExecution).toHaveBeenLastCalledWith(execution)
})

test('an execution whose successor failed is redriven: it steps on itself, and gets another successor', async () => {
  machinesWith({ stepExecution: answering([...again(400), ...brokenForGood(), { next: 'again' }]) })
  await machines.start('execution', 'e1', execution)
  await settled()

  await machines.redrive('execution/e1')
  await settled()

  expect(machines.visited.get('execution/e1')?.slice(0, 2)).toEqual(['ContinueElsewhere', 'StepExecution'])
  expect(machines.visited.get('execution/e1')?.slice(-2)).toEqual(['ContinueElsewhere', 'Done'])
  expect(machines.visited.size).toBe(3)
})

test.each([
  ['run', 'executeStatements', run],
  ['execution', 'stepExecution', execution],
] as const)('machine %s ends at an answer of %s that it does not know', async (machine, handler, input) => {
  machinesWith({ [handler]: answering([{ next: 'maybe' }]) })

  await machines.start(machine, 'x', input)
  await settled()

  expect(logged).toEqual([expect.stringContaining('failed: Misunderstood')])
})

const onePlace = { next: 'places', places: [{ placeId: '1' }] }
const sync = { next: 'execution', executionId: '1' }

test.each<[string, readonly (object | Error)[], readonly (object | Error)[], string]>([
  ['syncs its place', [onePlace, sync], [], 'Done'],
  ['has nothing to sync in its place', [onePlace, { next: 'done' }], [], 'Done'],
  ['has no place', [{ next: 'places', places: [] }], [], 'Done'],
  ['cannot begin the sync of its place', [onePlace, ...brokenForGood()], [], 'Done'],
  ['has a sync that fails', [onePlace, sync], brokenForGood(), 'Done'],
  ['cannot list its places', brokenForGood(), [], 'Failed'],
])('a drift check that %s is ended', async (_, checks, steps, end) => {
  machinesWith({ checkDrift: answering(checks), stepExecution: answering(steps) })

  await machines.start('drift', 'c7', check)
  await settled()

  expect(machines.visited.get('drift/c7')?.at(-1)).toBe(end)
})

test('an execution of a name that has been before is not begun again', async () => {
  const stepExecution = answering([])
  machinesWith({ stepExecution })
  await machines.start('execution', 'e1', execution)
  await settled()

  await machines.start('execution', 'e1', execution)
  await settled()

  expect(stepExecution).toHaveBeenCalledTimes(1)
})

afterAll(() => {
  for (const [machine, definition] of Object.entries(definitions)) {
    const all = branchesOf((definition as Definition).States)
    expect([...taken[machine as MachineName]].toSorted(), machine).toEqual([...new Set(all)].toSorted())
  }
})
