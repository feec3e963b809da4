/** How soon an invocation hears that its work is wanted no more. */
import { expect, test } from 'vitest'
import { holdExecution, leaseSeconds } from '#operations/execution/hold-execution.ts'
import type { Ports } from '#operations/ports.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { handClock } from '#test/support/hand-clock.ts'

const held = { executionId: 7, fence: 1, cancelRequested: false }
const tenant = { schema: 't' } as Tenant

/** `answer`: of the database to each heartbeat. */
const holding = (answer: () => Promise<readonly object[]>) => {
  const clock = handClock()
  const ports = { clock, platform: { query: answer } } as unknown as Ports
  return { clock, hold: holdExecution(ports, tenant, held) }
}

test('a cancel is heard within five seconds', async () => {
  let isCancelled = false
  const { clock, hold } = holding(async () => [{ cancel_requested: isCancelled }])
  await clock.advance(60_000)
  expect(hold.cancelled.aborted).toBe(false)

  isCancelled = true
  await clock.advance(5_000)

  expect(hold.cancelled.aborted).toBe(true)
  expect(hold.lost.aborted).toBe(false)
  await hold.release()
})

test('so is that another invocation has taken over', async () => {
  const { clock, hold } = holding(async () => [])

  await clock.advance(5_000)

  expect(hold.lost.aborted).toBe(true)
  await hold.release()
})

test('a database that does not answer takes it away once the lease may have run out, and not before', async () => {
  const { clock, hold } = holding(() => Promise.reject(new Error('away')))
  await clock.advance(leaseSeconds * 1_000)
  expect(hold.lost.aborted).toBe(false)

  await clock.advance(5_000)

  expect(hold.lost.aborted).toBe(true)
  await hold.release()
})
