/** Time that stands still while anybody really works, and jumps to the next timer as soon as nobody does. */
import type { Clock } from '#operations/ports.ts'

interface Timer {
  readonly atMs: number
  readonly order: number
  fire(): void
}

/** Turns of the event loop without anything new, after which everybody waits for time to pass. */
const quietTurns = 3

export class VirtualClock implements Clock {
  #nowMs: number
  #timers: Timer[] = []
  #order = 0
  #working = 0
  #isLooking = false
  #hasStirred = false

  constructor(startMs = Date.UTC(2030, 0, 1)) {
    this.#nowMs = startMs
  }

  get nowMs(): number {
    return this.#nowMs
  }

  now(): Date {
    return new Date(this.#nowMs)
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const abort = (): void => {
        this.#timers = this.#timers.filter((other) => other !== timer)
        reject(signal?.reason)
      }
      const timer: Timer = {
        atMs: Math.ceil(this.#nowMs + Math.max(0, ms)),
        order: this.#order++,
        fire: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#insert(timer)
      this.#stir()
    })
  }

  /** No time passes until the work has ended. */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    const end = this.hold()
    try {
      return await work
    } finally {
      end()
    }
  }

  /** No time passes until the returned function is called. */
  hold(): () => void {
    this.#working += 1
    this.#hasStirred = true
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#working -= 1
      this.#stir()
    }
  }

  /** Sorted by time, then by the order in which they were set. */
  #insert(timer: Timer): void {
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#timers[middle]?.atMs ?? 0) <= timer.atMs) low = middle + 1
      else high = middle
    }
    this.#timers.splice(low, 0, timer)
  }

  #stir(): void {
    this.#hasStirred = true
    if (this.#isLooking || this.#working > 0) return
    this.#isLooking = true
    let quiet = 0
    const look = (): void => {
      if (this.#working > 0) {
        this.#isLooking = false
        return
      }
      quiet = this.#hasStirred ? 0 : quiet + 1
      this.#hasStirred = false
      if (quiet < quietTurns) {
        setImmediate(look)
        return
      }
      this.#isLooking = false
      this.#advance()
    }
    setImmediate(look)
  }

  /** One timer at a time: what it sets off is over before the next one fires. */
  #advance(): void {
    const timer = this.#timers.shift()
    if (!timer) return
    this.#nowMs = Math.max(this.#nowMs, timer.atMs)
    timer.fire()
    this.#stir()
  }
}
