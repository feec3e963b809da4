/** The calls of this process that wait for one bucket, and the tokens it was granted and has not used yet. */
import type { Clock } from '../ports.ts'
import { alarm } from './alarm.ts'
import { waitingLine } from './waiting-line.ts'

/** When each granted token may be used, milliseconds since the epoch, in order of time. */
export type Grant = readonly number[]

export interface BucketQueueOptions {
  readonly clock: Clock
  /** How long a granted token may lie unused. */
  readonly holdMs: number
  /** Tokens to have at hand besides those that are waited for, so that calls one after the other share a round trip. */
  readonly spare: number
  /** Asks the shared bucket for tokens; never rejects. */
  ask(wanted: number, spare: number): Promise<Grant>
}

export interface BucketQueue {
  /** Nobody waits and nothing is asked for. */
  readonly isIdle: boolean
  draw(priorityMs: number, signal: AbortSignal): Promise<void>
  /** What was granted at the old pace counts no more. */
  forfeit(): void
}

export function bucketQueue(options: BucketQueueOptions): BucketQueue {
  const { clock, holdMs } = options
  const line = waitingLine()
  const held = heldTokens(options, () => serve())
  const bell = alarm(clock, () => serve())

  const serve = (): void => {
    const nowMs = clock.now().getTime()
    while (held.nextMs !== undefined && held.nextMs <= nowMs && line.admit()) held.use()
    if (line.length === 0) return
    if (held.nextMs === undefined) held.refill(line.length)
    else bell.setFor(held.nextMs - nowMs)
  }
  return {
    get isIdle() {
      return line.length === 0 && !held.isAsking
    },
    async draw(priorityMs, signal) {
      const nowMs = clock.now().getTime()
      if (line.length === 0) held.expire(nowMs - holdMs)
      // Waiting raises one's rank: nobody is overtaken for ever by what is more urgent.
      const turn = line.join(nowMs - priorityMs, signal)
      serve()
      try {
        await turn
      } finally {
        if (line.length === 0) bell.stop()
      }
    },
    forfeit() {
      held.forfeit()
      bell.stop()
      serve()
    },
  }
}

interface HeldTokens {
  readonly nextMs: number | undefined
  readonly isAsking: boolean
  use(): void
  expire(beforeMs: number): void
  refill(wanted: number): void
  forfeit(): void
}

function heldTokens({ ask, spare }: BucketQueueOptions, onArrival: () => void): HeldTokens {
  let slots: Grant = []
  let isAsking = false
  let isVoid = false
  const refill = async (wanted: number): Promise<void> => {
    isAsking = true
    isVoid = false
    try {
      const granted = await ask(wanted, spare)
      // What was asked for before the pace changed is of the old pace, whenever it arrives.
      slots = isVoid ? [] : granted
    } finally {
      isAsking = false
    }
    onArrival()
  }
  return {
    get nextMs() {
      return slots[0]
    },
    get isAsking() {
      return isAsking
    },
    use() {
      slots = slots.slice(1)
    },
    expire(beforeMs) {
      slots = slots.filter((atMs) => atMs >= beforeMs)
    },
    refill(wanted) {
      if (!isAsking) void refill(wanted)
    },
    forfeit() {
      slots = []
      isVoid = true
    },
  }
}
