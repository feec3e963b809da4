/** What goes wrong in the simulated cloud, and how long things take there: probabilities that steps of a test set. */
import { chanceOf } from './random.ts'

export interface Weather {
  /** Of any call: refused for its rate, whatever the buckets say. */
  readonly throttled: number
  /** Of a write: refused for want of permission. */
  readonly denied: number
  /** Of a write: an error of the server, and nothing was done. */
  readonly failed: number
  /** Of a write: an error of the server, though it was done. */
  readonly failedAfter: number
  /** Of a write: done, and no answer until the caller gives up. */
  readonly lost: number
  /** Of a write: the connection breaks, and it is done shortly afterwards. */
  readonly late: number
  /** Of a read: an error of the server. */
  readonly unread: number
  /** Of a resource in a read within the settle time of a write: it shows the state before. */
  readonly stale: number
}

export const calm: Weather = {
  throttled: 0,
  denied: 0,
  failed: 0,
  failedAfter: 0,
  lost: 0,
  late: 0,
  unread: 0,
  stale: 0,
}

/** Every name of a fault, as counts are kept by. */
export type Fault = keyof Weather

export interface Fate {
  readonly fault: Exclude<Fault, 'stale'> | undefined
  /** Milliseconds until the effect, and from there to the answer. */
  readonly toMs: number
  readonly backMs: number
  /** Milliseconds after the caller has given up at which a late call has its effect. */
  readonly stragglerMs: number
}

export interface Latency {
  readonly readMs: number
  readonly writeMs: number
}

const usualLatency: Latency = { readMs: 60, writeMs: 300 }

/** A call's request may be under way for so long after its caller has gone (operations/apply/call-times.ts). */
const longestStragglerMs = 1_900

export class Forecast {
  weather: Weather = calm
  readonly #seed: number
  readonly #latency: (operation: string) => Latency
  readonly #counts = new Map<string, number>()

  constructor(seed: number, latency: (operation: string) => Latency = () => usualLatency) {
    this.#seed = seed
    this.#latency = latency
  }

  /** The same for the same call: the n-th of this operation with this input. */
  fateOf(operation: string, input: object, isWrite: boolean): Fate {
    // Tokens are another tenant's in every run.
    const key = `${operation} ${JSON.stringify(input).replace(/[0-9a-f]{64}/g, 'token')}`
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    const draw = (what: string): number => chanceOf(this.#seed, `${key} ${count} ${what}`)
    const { readMs, writeMs } = this.#latency(operation)
    const usualMs = (isWrite ? writeMs : readMs) * (0.5 + draw('latency'))
    return {
      fault: this.#fault(isWrite, draw),
      toMs: Math.ceil(usualMs * 0.6),
      backMs: Math.ceil(usualMs * 0.4),
      stragglerMs: Math.ceil(draw('straggler') * longestStragglerMs),
    }
  }

  /** How far behind one resource is in one read. */
  lagMs(settleMs: number, key: string): number {
    const { stale } = this.weather
    if (stale === 0 || chanceOf(this.#seed, `stale ${key}`) >= stale) return 0
    // A read sees nothing older than what the settle time promises.
    return Math.floor(chanceOf(this.#seed, `lag ${key}`) * (settleMs - 1))
  }

  #fault(isWrite: boolean, draw: (what: string) => number): Fate['fault'] {
    const names = isWrite
      ? (['throttled', 'denied', 'failed', 'failedAfter', 'lost', 'late'] as const)
      : (['throttled', 'unread'] as const)
    return names.find((name) => draw(name) < this.weather[name])
  }
}
