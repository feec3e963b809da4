import { expect, test, vi } from 'vitest'
import { localStateMachines } from '#local/state-machines.ts'
import type { DriftNext, ExecutionNext, RunNext } from '#statemachines/payload.ts'

type Handlers = Parameters<typeof localStateMachines>[0]['handlers']
type Logged = [level: string, message: string]

/** Machines whose handlers give the answers listed, one a call, and count what they were called with. */
function machinesThat(answers: {
  statements?: readonly RunNext[]
  steps?: readonly ExecutionNext[]
  checks?: readonly DriftNext[]
}) {
  const called: unknown[] = []
  const logged: Logged[] = []
  const taker = <Answer>(list: readonly Answer[] = []) => {
    const left = [...list]
    return async (payload: unknown) => {
      called.push(payload)
      return left.shift() ?? ({ next: 'done' } as Answer)
    }
  }
  return start({
    handlers: {
      executeStatements: taker(answers.statements),
      stepExecution: taker(answers.steps),
      checkDrift: taker(answers.checks),
    },
    called,
    logged,
  })
}

function start({ handlers, called, logged }: { handlers: Handlers; called: unknown[]; logged: Logged[] }) {
  const log = (level: string, message: string) => {
    if (level !== 'debug') logged.push([level, message])
  }
  return { machines: localStateMachines({ handlers, log, graceMs: 200 }), called, logged }
}

const run = { tenantId: 't_1', runId: 'r1' }

test('a run goes on until its statements are done, with each long operation in between', async () => {
  const { machines, called, logged } = machinesThat({
    statements: [{ next: 'again' }, { next: 'execution', executionId: '7' }, { next: 'done' }],
    steps: [{ next: 'again' }, { next: 'wait', seconds: 0 }, { next: 'done' }],
  })

  await machines.start('run', 'r1', run)
  await machines.idle()

  const step = { tenantId: 't_1', executionId: '7' }
  expect(called).toEqual([run, run, step, step, step, run])
  expect(logged).toEqual([])
  const child = [...machines.visited.keys()].find((id) => id.startsWith('execution/')) ?? ''
  expect(child).toMatch(/^execution\/t_1-7-[0-9a-f]{40}$/)
  expect(machines.visited.get(child)).toContain('Pause')
  expect(machines.visited.get('run/r1')).toEqual([
    ...['Begin', 'IsExecutionPending', 'ExecuteStatements', 'CountRound', 'DecideNext', 'IsHistoryLong'],
    ...['ExecuteStatements', 'CountRound', 'DecideNext', 'TakeExecution', 'RunExecution', 'IsHistoryLong'],
    ...['ExecuteStatements', 'CountRound', 'DecideNext', 'Done'],
  ])
})

test('a run that is handed over with a long operation begins with that', async () => {
  const { machines, called } = machinesThat({})

  await machines.start('run', 'r1', { ...run, executionId: '9' })
  await machines.idle()

  expect(called).toEqual([{ tenantId: 't_1', executionId: '9' }, run])
})

test.each(['run', 'execution'] as const)(
  'machine %s goes on in a fresh history long before 25,000 events',
  async (machine) => {
    const again = Array.from({ length: 900 }, () => ({ next: 'again' }) as const)
    const { machines, called, logged } = machinesThat({ statements: again, steps: again })

    await machines.start(machine, 'first', { ...run, executionId: '7' })
    await machines.idle()

    expect(logged).toEqual([])
    expect(called.filter((payload) => 'runId' in Object(payload) === (machine === 'run'))).toHaveLength(901)
    const histories = [...machines.visited].filter(([id]) => id.startsWith(machine))
    expect(histories.length).toBe(3)
    expect(histories.every(([id]) => id.slice(machine.length + 1).length <= 80)).toBe(true)
  },
)

test('one name runs once at a time', async () => {
  const { machines, called } = machinesThat({})

  await Promise.all([machines.start('run', 'r1', run), machines.start('run', 'r1', run)])
  await machines.idle()

  expect(called).toEqual([run])
})

test('what Lambda says of itself is retried, and the run goes on', async () => {
  const busy = Object.assign(new Error('rate exceeded'), { name: 'Lambda.TooManyRequestsException' })
  const executeStatements = vi.fn<Handlers['executeStatements']>(async () => ({ next: 'done' }))
  executeStatements.mockRejectedValueOnce(busy)
  const { machines, logged } = start({
    handlers: { executeStatements, stepExecution: vi.fn(), checkDrift: vi.fn() },
    called: [],
    logged: [],
  })

  await machines.start('run', 'r1', run)
  await machines.idle()

  expect(executeStatements).toHaveBeenCalledTimes(2)
  expect(logged).toEqual([])
})

test.each([
  ['an answer nobody knows', { next: 'maybe' }, 'Misunderstood'],
  ['an answer above 256 KiB', { next: 'done', rows: 'x'.repeat(300_000) }, 'States.DataLimitExceeded'],
])('%s fails the machine, which is logged and nothing else', async (_, answer, reason) => {
  const { machines, logged } = machinesThat({ statements: [answer as RunNext] })

  await machines.start('run', 'r1', run)
  await machines.idle()

  expect(logged).toEqual([['error', expect.stringContaining(`run/r1 failed: ${reason}`)]])
})

test('closing ends waits at once and starts nothing more', async () => {
  const { machines, called, logged } = machinesThat({ steps: [{ next: 'wait', seconds: 3_600 }] })
  await machines.start('execution', 'e1', { tenantId: 't_1', executionId: '7' })
  await vi.waitFor(() => expect(machines.visited.get('execution/e1')).toContain('Pause'))

  await machines.close()

  expect(called).toHaveLength(1)
  expect(logged).toEqual([])
  await expect(machines.start('run', 'r2', run)).rejects.toThrow('cannot start')
})

test('closing waits for a handler at work, for as long as its grace', async () => {
  let finish = () => {}
  const executeStatements = () =>
    new Promise<RunNext>((resolve) => {
      finish = () => resolve({ next: 'again' })
    })
  const { machines, logged } = start({
    handlers: { executeStatements, stepExecution: vi.fn(), checkDrift: vi.fn() },
    called: [],
    logged: [],
  })
  await machines.start('run', 'r1', run)
  await machines.start('run', 'r2', run)
  await vi.waitFor(() => expect(machines.visited.get('run/r2')).toContain('ExecuteStatements'))

  const closed = machines.close()
  finish()
  await closed

  expect(logged).toEqual([['warn', 'invocations still at work at the end: 1']])
})
