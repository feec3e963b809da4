import { expect, test } from 'vitest'
import { repeat } from '#local/repeat.ts'

test('goes on after a round that failed, never two at once, until it is stopped', async () => {
  let rounds = 0
  let atWork = 0
  let mostAtWork = 0
  const failures: unknown[] = []
  const schedule = repeat({
    firstMs: 1,
    everyMs: 1,
    work: async () => {
      rounds += 1
      atWork += 1
      mostAtWork = Math.max(mostAtWork, atWork)
      await new Promise((resolve) => setTimeout(resolve, 5))
      atWork -= 1
      if (rounds === 1) throw new Error('the first')
    },
    failed: (error) => failures.push(error),
  })
  await expect.poll(() => rounds).toBeGreaterThan(2)

  await schedule.stop()

  const roundsAtEnd = rounds
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect([rounds - roundsAtEnd, atWork, mostAtWork]).toEqual([0, 0, 1])
  expect(failures).toEqual([new Error('the first')])
})
