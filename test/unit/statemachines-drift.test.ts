/** Machine `drift` in all its branches: a sync for each place, and an end whatever happens. */
import { expect, test, vi } from 'vitest'
import { localStateMachines } from '#local/state-machines.ts'
import type { DriftNext, DriftStep, ExecutionPayload } from '#statemachines/payload.ts'

const check = { tenantId: 't_1', checkId: '7' }

interface Answers {
  places?(): readonly string[]
  place?(placeId: string): DriftNext
  sync?(executionId: string): void
}

/** Places are answered by an execution of their own number, unless said otherwise. */
function machineThat({ places = () => [], place, sync }: Answers) {
  const steps: DriftStep[] = []
  const synced: string[] = []
  const logged: string[] = []
  let running = 0
  let mostRunning = 0
  const checkDrift = async (step: DriftStep): Promise<DriftNext> => {
    steps.push(step)
    if (step.step === 'places') return { next: 'places', places: places().map((placeId) => ({ placeId })) }
    if (step.step === 'end') return { next: 'done' }
    return place?.(step.placeId) ?? { next: 'execution', executionId: step.placeId }
  }
  const stepExecution = async ({ executionId }: ExecutionPayload) => {
    running += 1
    mostRunning = Math.max(mostRunning, running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    sync?.(executionId)
    synced.push(executionId)
    return { next: 'done' } as const
  }
  const log = (level: string, message: string) => {
    if (level !== 'debug') logged.push(message)
  }
  const handlers = { executeStatements: vi.fn(), stepExecution, checkDrift }
  const machines = localStateMachines({ handlers, log, graceMs: 200 })
  return { machines, steps, synced, logged, mostRunning: () => mostRunning }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1))

test('every place gets an execution of its own, four at a time, and the check ends', async () => {
  const { machines, steps, synced, logged, mostRunning } = machineThat({ places: () => numbers(12) })

  await machines.start('drift', 'c7', check)
  await machines.idle()

  expect(steps[0]).toEqual({ ...check, step: 'places' })
  expect(steps).toContainEqual({ ...check, step: 'place', placeId: '12' })
  expect(steps.at(-1)).toEqual({ ...check, step: 'end' })
  expect(synced.toSorted()).toEqual(numbers(12).toSorted())
  expect(mostRunning()).toBeLessThanOrEqual(4)
  expect(logged).toEqual([])
})

test('a place that needs no sync gets none, and without places the check is over', async () => {
  const skipping = machineThat({ places: () => ['1'], place: () => ({ next: 'done' }) })
  const empty = machineThat({})

  for (const { machines } of [skipping, empty]) {
    await machines.start('drift', 'c7', check)
    await machines.idle()
  }

  expect(skipping.synced).toEqual([])
  expect(skipping.steps.map(({ step }) => step)).toEqual(['places', 'place', 'end'])
  expect(empty.steps.map(({ step }) => step)).toEqual(['places', 'end'])
})

test('a sync that fails keeps no other place from being looked at', async () => {
  const { machines, steps, synced } = machineThat({
    places: () => numbers(6),
    sync(executionId) {
      if (executionId === '2') throw Object.assign(new Error('broken'), { name: 'Broken' })
    },
  })

  await machines.start('drift', 'c7', check)
  await machines.idle()

  expect(synced.toSorted()).toEqual(['1', '3', '4', '5', '6'])
  expect(steps.at(-1)?.step).toBe('end')
  expect(machines.visited.get('drift/c7')).toContain('Done')
}, 60_000)

test('a check whose places cannot be listed is ended as well, and then fails', async () => {
  const { machines, steps, logged } = machineThat({
    places: () => {
      throw Object.assign(new Error('no database'), { name: 'Broken' })
    },
  })

  await machines.start('drift', 'c7', check)
  await machines.idle()

  expect(steps.at(-1)?.step).toBe('end')
  expect(logged).toEqual([expect.stringContaining('drift/c7 failed: Broken')])
}, 60_000)
