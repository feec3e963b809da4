/** Those who wait for one bucket: the most urgent goes first, and waiting makes urgent. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullBucket, take } from '#engine/throttle/token-bucket.ts'
import { type BucketQueue, bucketQueue } from '#operations/limits/bucket-queue.ts'
import { slots } from '#operations/limits/slots.ts'
import { VirtualClock } from '#test/support/simulated/virtual-clock.ts'

interface Draw {
  readonly atMs: number
  readonly priorityMs: number
  readonly patienceMs: number | null
}
type Drawn = Draw & { readonly sentMs: number | null; readonly endedMs: number }

const draws: fc.Arbitrary<readonly Draw[]> = fc.array(
  fc.record({
    atMs: fc.nat(10_000),
    priorityMs: fc.nat(30_000),
    patienceMs: fc.option(fc.nat(8_000), { freq: 3 }),
  }),
  { maxLength: 60 },
)

const spec = { key: 'ec2:CreateVpc', burst: 3, refillPerSecond: 2, isGlobal: false }

/** A queue over a bucket of its own, which grants up to three tokens at a time. */
function openQueue(clock: VirtualClock): BucketQueue {
  let bucket = fullBucket(spec, clock.nowMs)
  return bucketQueue({
    clock,
    holdMs: 0,
    spare: 0,
    ask: async (wanted) =>
      Array.from({ length: Math.min(wanted, 3) }, () => {
        const taken = take(bucket, clock.nowMs)
        bucket = taken.bucket
        return clock.nowMs + taken.waitMs
      }),
  })
}

async function run(all: readonly Draw[]): Promise<readonly Drawn[]> {
  const clock = new VirtualClock(0)
  const queue = openQueue(clock)
  return await Promise.all(
    all.map(async (draw): Promise<Drawn> => {
      await clock.sleep(draw.atMs)
      const gaveUp = new AbortController()
      const over = new AbortController()
      if (draw.patienceMs !== null)
        void clock.sleep(draw.patienceMs, over.signal).then(
          () => gaveUp.abort(),
          () => undefined,
        )
      const isSent = await queue.draw(draw.priorityMs, gaveUp.signal).then(
        () => true,
        () => false,
      )
      over.abort()
      return { ...draw, sentMs: isSent ? clock.nowMs : null, endedMs: clock.nowMs }
    }),
  )
}

const rankOf = ({ atMs, priorityMs }: Draw): number => atMs - priorityMs

test('everybody who does not give up gets a turn, within the time that the bucket needs for all', async () => {
  await fc.assert(
    fc.asyncProperty(draws, async (all) => {
      const drawn = await run(all)

      for (const { sentMs, patienceMs, atMs, endedMs } of drawn) {
        expect(endedMs).toBeLessThanOrEqual(atMs + (patienceMs ?? Number.POSITIVE_INFINITY))
        if (patienceMs === null) expect(sentMs).not.toBeNull()
      }
      expect(Math.max(0, ...drawn.map(({ endedMs }) => endedMs))).toBeLessThanOrEqual(
        10_000 + all.length * 500,
      )
    }),
  )
})

test('nobody goes before one who waits as well and is more urgent by priority and time waited', async () => {
  await fc.assert(
    fc.asyncProperty(draws, async (all) => {
      const drawn = await run(all)

      for (const one of drawn) {
        const overtaken = drawn.filter(
          (other) =>
            one.sentMs !== null &&
            other.atMs < one.sentMs &&
            other.endedMs > one.sentMs &&
            rankOf(other) < rankOf(one),
        )
        expect(overtaken).toEqual([])
      }
    }),
  )
})

test('no more than its slots are taken at a time, whoever gives up', async () => {
  await fc.assert(
    fc.asyncProperty(draws, async (all) => {
      const clock = new VirtualClock(0)
      const four = slots(4)
      let taken = 0
      let most = 0
      let served = 0
      await Promise.all(
        all.map(async ({ atMs, priorityMs, patienceMs }) => {
          await clock.sleep(atMs)
          const gaveUp = new AbortController()
          if (patienceMs !== null) void clock.sleep(patienceMs).then(() => gaveUp.abort())
          const leave = await four.take(atMs - priorityMs, gaveUp.signal).catch(() => undefined)
          if (!leave) return
          taken += 1
          most = Math.max(most, taken)
          await clock.sleep(1_000)
          taken -= 1
          served += 1
          leave()
        }),
      )

      expect(most).toBeLessThanOrEqual(4)
      expect(served).toBeGreaterThanOrEqual(all.filter(({ patienceMs }) => patienceMs === null).length)
    }),
  )
})

test('what was asked for before the pace changed counts no more when it arrives', async () => {
  const clock = new VirtualClock(0)
  const asked: number[] = []
  const queue = bucketQueue({
    clock,
    holdMs: 0,
    spare: 0,
    ask: async () => {
      const isFirst = asked.push(clock.nowMs) === 1
      await clock.sleep(1_000)
      return [isFirst ? clock.nowMs : clock.nowMs + 5_000]
    },
  })

  const drawn = queue.draw(0, new AbortController().signal).then(() => clock.nowMs)
  const forfeited = clock.sleep(500).then(() => queue.forfeit())
  await forfeited

  expect(await drawn).toBe(7_000)
  expect(asked).toEqual([0, 1_000])
  expect(queue.isIdle).toBe(true)
})
