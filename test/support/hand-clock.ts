/** A clock that a test moves by hand: what waits for a time goes on when that has come. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Ports } from '#operations/ports.ts'

export interface HandClock extends Clock {
  /** In steps of a second, with time to work between them. */
  advance(ms: number): Promise<void>
  /** Lets time pass until the work has ended. */
  during<Result>(work: Promise<Result>): Promise<Result>
  /** Ports on this clock, which stands still while they ask the database: a slow machine costs no time. */
  on(ports: Ports): Ports
}

const stepMs = 1_000

interface Sleeper {
  readonly untilMs: number
  wake(): void
}

export function handClock(): HandClock {
  let nowMs = Date.now()
  let sleepers: readonly Sleeper[] = []
  let asked = 0
  const asking =
    <Given extends unknown[], Answer>(ask: (...given: Given) => Promise<Answer>) =>
    async (...given: Given): Promise<Answer> => {
      asked += 1
      try {
        return await ask(...given)
      } finally {
        asked -= 1
      }
    }
  const advance = async (ms: number): Promise<void> => {
    for (const endMs = nowMs + ms; nowMs < endMs; ) {
      nowMs = Math.min(nowMs + stepMs, endMs)
      const due = sleepers.filter(({ untilMs }) => untilMs <= nowMs)
      sleepers = sleepers.filter(({ untilMs }) => untilMs > nowMs)
      for (const sleeper of due) sleeper.wake()
      do await delay(5)
      while (asked > 0)
    }
  }
  const clock: HandClock = {
    now: () => new Date(nowMs),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { untilMs: nowMs + ms, wake: resolve }
        const abort = (): void => {
          sleepers = sleepers.filter((one) => one !== sleeper)
          reject(signal?.reason)
        }
        if (signal?.aborted) {
          abort()
          return
        }
        sleepers = [...sleepers, sleeper]
        signal?.addEventListener('abort', abort, { once: true })
      }),
    advance,
    async during(work) {
      let isOver = false
      const over = work.finally(() => {
        isOver = true
      })
      over.catch(() => undefined)
      while (!isOver) await advance(stepMs / 20)
      return await over
    },
    on: (ports) => {
      const { query, run, transaction } = ports.platform
      const platform: Ports['platform'] = {
        query: asking(query) as typeof query,
        run: asking(run),
        transaction: asking(transaction) as typeof transaction,
      }
      return { ...ports, clock, platform }
    },
  }
  return clock
}
