/** Room for the connections of many pools in one server, which has far fewer than all of them could open together. */
import type { Pool, PoolClient } from 'pg'
import { DataApiError } from './data-api.ts'

export interface RoomSize {
  /** Connections that all pools may have open together. */
  readonly most: number
  /** Of these, kept for pools that have fewer than two: who has many does not shut out who has none. */
  readonly kept: number
}

interface Waiting {
  readonly pool: Pool
  readonly go: () => void
  readonly leave: (why: string) => void
}

const few = 2
/** Longer than most statements take; a user's may take minutes, and all at once would have to. */
const patienceMs = 60_000

/** @example const client = await room.enter(pool) */
export class ConnectionRoom {
  readonly #size: RoomSize
  /** Those that have connections open. */
  readonly #pools = new Set<Pool>()
  readonly #heard = new WeakSet<Pool>()
  readonly #line = new Set<Waiting>()
  #closing = 0

  constructor(size: RoomSize) {
    this.#size = size
  }

  /** A connection of the pool, as soon as there is room for it: first come, first served. */
  async enter(pool: Pool): Promise<PoolClient> {
    this.#hear(pool)
    const { promise, resolve, reject } = Promise.withResolvers<PoolClient>()
    const timer = setTimeout(() => waiting.leave('All connections are in use'), patienceMs)
    const waiting: Waiting = {
      pool,
      go: () => {
        this.#line.delete(waiting)
        clearTimeout(timer)
        this.#pools.add(pool)
        const connecting = pool.connect()
        connecting.then(this.#advance, this.#advance)
        resolve(connecting)
      },
      leave: (why) => {
        this.#line.delete(waiting)
        clearTimeout(timer)
        reject(new DataApiError('unavailable', why))
      },
    }
    this.#line.add(waiting)
    this.#advance()
    return await promise
  }

  close(): void {
    for (const waiting of this.#line) waiting.leave('The database is closed')
  }

  #hear(pool: Pool): void {
    if (this.#heard.has(pool)) return
    this.#heard.add(pool)
    // Told before the pool has taken the connection back.
    pool.on('release', () => queueMicrotask(this.#advance))
    pool.on('remove', this.#advance)
  }

  readonly #advance = (): void => {
    for (const pool of this.#pools) if (pool.totalCount === 0) this.#pools.delete(pool)
    let open = this.#open()
    for (const waiting of this.#line) {
      if (!this.#hasRoom(waiting.pool, open)) continue
      waiting.go()
      open = this.#open()
    }
    if (this.#line.size > this.#closing) this.#closeIdle()
  }

  #open(): number {
    let open = 0
    for (const { totalCount } of this.#pools) open += totalCount
    return open
  }

  /** A pool that has an idle connection, or all that it may have, opens none. */
  #hasRoom(pool: Pool, open: number): boolean {
    if (hasIdle(pool) || pool.totalCount >= pool.options.max) return true
    return open < this.#size.most - (pool.totalCount < few ? 0 : this.#size.kept)
  }

  /** One that nobody uses makes room for one that somebody waits for. */
  #closeIdle(): void {
    const [idle] = [...this.#pools].filter(hasIdle)
    if (!idle) return
    this.#closing += 1
    idle
      .connect()
      .then((client) => client.release(true))
      .catch(() => undefined)
      .finally(() => {
        this.#closing -= 1
        this.#advance()
      })
  }
}

const hasIdle = ({ idleCount, waitingCount }: Pool): boolean => idleCount > waitingCount
