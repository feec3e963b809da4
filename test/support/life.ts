/** A life of a process in this one: once over, nothing it asks for comes back, and what it had open is rolled back. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Cloud } from '#operations/ports.ts'
import type { DataApi, DataApiError } from '#postgres/data-api.ts'

export const never = new Promise<never>(() => {})

export class Life {
  isOver = false
  /** What a request of a dead process is answered with. */
  readonly #silence: () => Promise<never>
  #requestsLeft = 0
  readonly #end = new AbortController()
  readonly #transactions = new Map<string, () => Promise<void>>()

  constructor(silence: () => Promise<never> = () => never) {
    this.#silence = silence
  }

  mortal<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...parameters: unknown[]) => {
          if (this.isOver) return this.#silence()
          const isLast = this.isLast()
          const answer = value.apply(target, parameters)
          if (!isLast) return answer
          // Its caller is gone, so nobody minds how it ends.
          const end = (): Promise<never> => this.bury().then(this.#silence)
          return Promise.resolve(answer).then(end, end)
        }
      },
    })
  }

  /** A process that dies takes its connections with it: what it had open is rolled back by `bury`. */
  connected(dataApi: DataApi): DataApi {
    const ended = (id: string) => this.#transactions.delete(id)
    return this.mortal<DataApi>({
      execute: (request) => dataApi.execute(request),
      begin: async (login) => {
        const id = await dataApi.begin(login)
        if (this.isOver) {
          await dataApi.rollback(login, id)
          return this.#silence()
        }
        this.#transactions.set(id, () => dataApi.rollback(login, id))
        return id
      },
      commit: (login, id) => dataApi.commit(login, id).finally(() => ended(id)),
      rollback: (login, id) => dataApi.rollback(login, id).finally(() => ended(id)),
    })
  }

  /** Calls that are under way when it ends lose their caller. */
  calling(cloud: Cloud): Cloud {
    return {
      settleMs: (published) => cloud.settleMs(published),
      api: (client, place, signal) =>
        this.mortal(cloud.api(client, place, AbortSignal.any([signal, this.#end.signal]))),
    }
  }

  waking(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      sleep: (ms, signal) => (this.isOver ? never : clock.sleep(ms, signal)),
    }
  }

  /** So many requests to the world around it are still made; nobody hears the answer of the last. */
  endAfter(requests: number): void {
    this.#requestsLeft = requests
  }

  /** Counts a request; true of the last, with which it ends. */
  isLast(): boolean {
    if (--this.#requestsLeft !== 0) return false
    this.isOver = true
    return true
  }

  async bury(): Promise<void> {
    this.isOver = true
    this.#end.abort()
    await Promise.all([...this.#transactions.values()].map(untilGone))
  }
}

/** One that is still at a statement is busy, perhaps waiting for another of them. */
const untilGone = async (rollBack: () => Promise<void>): Promise<void> => {
  for (let tries = 0; tries < 250; tries++) {
    const isGone = await rollBack().then(
      () => true,
      (error: DataApiError) => error.fault !== 'busy-transaction',
    )
    if (isGone) return
    await delay(20)
  }
}
