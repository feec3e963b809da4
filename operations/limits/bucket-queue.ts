/** The calls of this process that wait for one bucket, and the tokens it was granted and has not used yet. */
import type { Clock } from '../ports.ts'
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
  draw(priorityMs: number, signal: AbortSignal): Promise<void>
  /** What was granted at the old pace counts no more. */
  forfeit(): void
}

export function bucketQueue({ clock, holdMs, spare, ask }: BucketQueueOptions): BucketQueue {
  const line = waitingLine()
  let slots: Grant = []
  let isAsking = false
  let timer: AbortController | undefined

  const serve = (): void => {
    const nowMs = clock.now().getTime()
    while (slots[0] !== undefined && slots[0] <= nowMs && line.admit()) slots = slots.slice(1)
    if (line.length === 0) return
    const [nextMs] = slots
    if (nextMs === undefined) void refill()
    else wakeIn(nextMs - nowMs)
  }
  const refill = async (): Promise<void> => {
    if (isAsking) return
    isAsking = true
    try {
      slots = await ask(line.length, spare)
    } finally {
      isAsking = false
    }
    serve()
  }
  const wakeIn = (ms: number): void => {
    if (timer) return
    const current = new AbortController()
    timer = current
    clock.sleep(Math.ceil(ms), current.signal).then(
      () => {
        timer = undefined
        serve()
      },
      () => undefined,
    )
  }
  const rest = (): void => {
    timer?.abort()
    timer = undefined
  }
  return {
    async draw(priorityMs, signal) {
      const nowMs = clock.now().getTime()
      if (line.length === 0) slots = slots.filter((atMs) => atMs + holdMs >= nowMs)
      // Waiting raises one's rank: nobody is overtaken for ever by what is more urgent.
      const turn = line.join(nowMs - priorityMs, signal)
      serve()
      try {
        await turn
      } finally {
        if (line.length === 0) rest()
      }
    },
    forfeit() {
      slots = []
      rest()
      serve()
    },
  }
}
