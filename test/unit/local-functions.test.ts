import { expect, test, vi } from 'vitest'
import { localFunctions } from '#local/functions.ts'

const quiet = () => undefined

test('a function that takes longer than its limit is ended as Lambda ends it', async () => {
  const { call } = localFunctions(quiet, { limitMs: 20 })

  await expect(call('slow', () => new Promise(() => {}))({})).rejects.toMatchObject({
    name: 'Sandbox.Timedout',
  })
})

test('an event that nobody waits for is tried three times, and then kept with what it failed with', async () => {
  const log = vi.fn()
  const functions = localFunctions(log, { retriesMs: [1, 1] })
  const handler = vi.fn(async () => {
    throw new Error('poison')
  })

  functions.send('runner', handler)({ runId: 'r1' })
  await vi.waitFor(() => expect(functions.deadLetters).toHaveLength(1))
  await functions.close()

  expect(handler).toHaveBeenCalledTimes(3)
  expect(functions.deadLetters[0]).toMatchObject({
    functionName: 'runner',
    event: { runId: 'r1' },
    attempts: 3,
  })
  expect(log).toHaveBeenCalledWith('error', expect.stringContaining('given up'), expect.any(Object))
})

test('who closes does not wait for the next attempt', async () => {
  const functions = localFunctions(quiet)
  const handler = vi.fn(async () => {
    throw new Error('poison')
  })
  functions.send('runner', handler)({})
  await vi.waitFor(() => expect(handler).toHaveBeenCalled())

  await functions.close()

  expect(handler).toHaveBeenCalledTimes(1)
  expect(functions.deadLetters).toEqual([])
})
