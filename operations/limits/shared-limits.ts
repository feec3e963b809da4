/** AWS's limits in force for every worker: each bucket is a row that workers take tokens from, some at a time. */
import type { Place } from '#engine/model/cloud.ts'
import { bucketsOf } from '#engine/throttle/buckets.ts'
import type { BucketSpec } from '#engine/throttle/token-bucket.ts'
import type { Database } from '#postgres/database.ts'
import { slowBucket } from '#postgres/statements/bucket-slow.ts'
import { type BucketGrant, type BucketName, takeTokens } from '#postgres/statements/bucket-take.ts'
import { batched } from '../apply/batched.ts'
import type { Count } from '../metrics.ts'
import type { Clock, Log } from '../ports.ts'
import { type BucketQueue, bucketQueue, type Grant } from './bucket-queue.ts'

export interface LimitedCall {
  /** The SDK's service id: `EC2`. */
  readonly service: string
  readonly operation: string
  readonly place: Place
}

export interface Limits {
  /** Resolves when the call may go; rejects with the signal's reason. Higher `priorityMs` goes first. */
  draw(call: LimitedCall & { readonly priorityMs: number }, signal: AbortSignal): Promise<void>
  /** AWS has throttled this call. */
  slowDown(call: LimitedCall): Promise<void>
}

/** How long a token may be kept at hand, and how much of a burst all of them may come to. */
const holdMs = 500
const heldShare = 0.25
/** While the database does not answer nothing is granted. */
const retryMs = 500

interface SharedLimitsOptions {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly count?: Count
}

export function sharedLimits({ db, clock, log, count }: SharedLimitsOptions): Limits {
  const queues = openQueues(clock)
  const take = batched<Parameters<typeof takeTokens>[1][number], BucketGrant>(
    (asks) => takeTokens(db, asks),
    { parallel: 2, most: 200 },
  )
  const queueOf = (spec: BucketSpec, place: Place): BucketQueue => {
    const name = nameOf(spec, place)
    return queues.of(`${name.account_id} ${name.region} ${name.name}`, () => open(spec, name))
  }
  const open = (spec: BucketSpec, name: BucketName): BucketQueue => {
    const held = heldOf(spec)
    const shared = { ...name, capacity: spec.burst - held, per_second: spec.refillPerSecond }
    const atHand = Math.floor(held)
    const ask = async (wanted: number, spare: number): Promise<Grant> => {
      try {
        return slotsOf(await take({ ...shared, wanted, spare }), clock.now().getTime())
      } catch (error) {
        log('warn', 'calls wait for the database to give them a token', { bucket: spec.key, error })
        await clock.sleep(retryMs)
        return []
      }
    }
    return bucketQueue({ clock, holdMs: held > 0 ? holdMs : 0, spare: atHand, ask })
  }
  return {
    async draw({ service, operation, place, priorityMs }, signal) {
      for (const spec of bucketsOf(service, operation)) await queueOf(spec, place).draw(priorityMs, signal)
    },
    async slowDown({ service, operation, place }) {
      count?.('Throttles')
      for (const spec of bucketsOf(service, operation)) {
        const name = nameOf(spec, place)
        try {
          const pace = await slowBucket(db, name)
          if (pace === undefined) continue
          log('info', 'AWS throttles', { bucket: spec.key, region: name.region, pace })
        } catch (error) {
          log('warn', 'a throttling answer could not be shared', { bucket: spec.key, error })
        }
        queueOf(spec, place).forfeit()
      }
    },
  }
}

/** Beyond this nothing is lost with a queue: its tokens are held for less, and a new one asks the shared bucket. */
const idleMs = 60_000

interface OpenQueues {
  of(key: string, open: () => BucketQueue): BucketQueue
}

/** Those in use, the one that was used last at the end; whatever lies idle goes when another one is opened. */
function openQueues(clock: Clock): OpenQueues {
  const queues = new Map<string, { readonly queue: BucketQueue; readonly usedMs: number }>()
  const evict = (beforeMs: number): void => {
    for (const [key, { queue, usedMs }] of queues) {
      if (usedMs >= beforeMs) return
      if (queue.isIdle) queues.delete(key)
    }
  }
  return {
    of(key, open) {
      const usedMs = clock.now().getTime()
      const known = queues.get(key)
      if (!known) evict(usedMs - idleMs)
      const queue = known?.queue ?? open()
      queues.delete(key)
      queues.set(key, { queue, usedMs })
      return queue
    },
  }
}

const nameOf = ({ key, isGlobal }: BucketSpec, { accountId, region }: Place): BucketName => ({
  account_id: accountId,
  region: isGlobal ? '' : region,
  name: key,
})

/** Tokens at hand may all be used later than they were taken: the shared bucket is smaller by what that can come to. */
function heldOf({ burst, refillPerSecond }: BucketSpec): number {
  const held = (refillPerSecond * holdMs) / 1_000
  return held <= burst * heldShare ? held : 0
}

/** Tokens that are there at once, then one after the other. */
function slotsOf({ granted, tokens, gap_ms }: BucketGrant, nowMs: number): Grant {
  return Array.from({ length: granted }, (_, index) => nowMs + Math.max(0, index + 1 - tokens) * gap_ms)
}
