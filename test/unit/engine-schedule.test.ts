import { expect, test } from 'vitest'
import type { Step } from '#engine/order/step.ts'
import { simulate } from '#engine/schedule/simulate.ts'
import type { BucketSpec } from '#engine/throttle/token-bucket.ts'

const step = (key: string, estimateMs: number, needs: readonly string[] = []): Step => ({
  key,
  change: key,
  kind: 'create',
  table: 'thing',
  accountId: null,
  region: null,
  needs: needs.map((needed) => {
    const [name = '', milestone = 'ready'] = needed.split(':')
    return { step: name, milestone: milestone === 'exists' ? 'exists' : 'ready' }
  }),
  columns: null,
  without: [],
  clears: [],
  estimateMs,
  priorityMs: estimateMs,
})

const bucket = (burst: number, refillPerSecond: number): BucketSpec => ({
  key: 'ec2:CreateThing',
  burst,
  refillPerSecond,
  isGlobal: false,
})

const scheduleOf = (
  steps: readonly Step[],
  { buckets = [], callsAtOnce = 100 }: { buckets?: readonly BucketSpec[]; callsAtOnce?: number } = {},
): readonly string[] =>
  simulate({ steps, callsOf: () => ({ buckets }), callsAtOnce }).map(
    ({ step: { key }, wave, startsMs, endsMs, bound, isCritical }) => {
      const why = 'after' in bound ? `${bound.kind} ${bound.after}` : bound.kind
      return `${wave} ${key} ${startsMs}-${endsMs} ${why}${isCritical ? ' !' : ''}`
    },
  )

test('what needs nothing begins at once, the rest when what it needs is ready', () => {
  expect(
    scheduleOf([
      step('vpc', 3_000),
      step('queue', 500),
      step('subnet', 2_000, ['vpc']),
      step('route', 1_000, ['vpc']),
    ]),
  ).toEqual([
    '1 vpc 0-3000 nothing !',
    '1 queue 0-500 nothing',
    '2 subnet 3000-5000 step vpc !',
    '2 route 3000-4000 step vpc',
  ])
})

test('what needs only that something exists does not wait until it is ready', () => {
  expect(scheduleOf([step('certificate', 60_000), step('record', 1_000, ['certificate:exists'])])).toEqual([
    '1 certificate 0-60000 nothing !',
    '2 record 1000-2000 step certificate',
  ])
})

test('beyond the burst of a bucket each waits for its token, the longest way to go first', () => {
  const steps = [step('a', 100), step('b', 400), step('c', 200), step('d', 300)]

  expect(scheduleOf(steps, { buckets: [bucket(2, 1)] })).toEqual([
    '1 b 0-400 nothing',
    '1 d 0-300 nothing !',
    '1 c 1000-1200 bucket d !',
    '1 a 2000-2100 bucket c !',
  ])
})

test('a call holds its place until it is answered, and what is polled holds none', () => {
  const steps = [step('slow', 60_000), step('quick', 200), step('last', 100)]

  expect(scheduleOf(steps, { callsAtOnce: 1 })).toEqual([
    '1 slow 0-60000 nothing !',
    '1 quick 1000-1200 slots slow',
    '1 last 1200-1300 slots quick',
  ])
})

test('nothing to do takes no time', () => {
  expect(scheduleOf([])).toEqual([])
})
