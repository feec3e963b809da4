/** Connections of many logins: few of each, none for long, and not too many in all, because tenants come in thousands. */
import { setTimeout as delay } from 'node:timers/promises'
import { Pool, type PoolClient } from 'pg'
import type { Address } from './cancel-backend.ts'
import { ConnectionRoom, type RoomSize } from './connection-room.ts'
import { DataApiError, type Login } from './data-api.ts'
import { failureOf, isLoginFull } from './data-api-failure.ts'
import { connectionSettings } from './role-settings.ts'
import type { Secrets } from './secrets.ts'

export interface PoolOptions extends Address {
  readonly ssl?: boolean | object | undefined
  readonly secrets: Pick<Secrets, 'get'>
  /** Shortened by tests. */
  readonly rooms?: { readonly tenants: RoomSize; readonly platform: RoomSize } | undefined
}

/** Who has it never waits for tenants, who often wait for him. */
const platformSecret = 'iasql/platform'
/** With what is kept for administrators, fewer than a server as it comes lets in. */
const defaultRooms = { tenants: { most: 64, kept: 16 }, platform: { most: 24, kept: 0 } } as const

const connectionsOfLogin = 16
const idleConnectionMs = 10_000
/** The server keeps for each connection what it has ever looked at: half a mebibyte a tenant, which of a thousand is too much. */
const mostUses = 1_000
const connectMs = 10_000
/** Between looks whether a login that has all that it may have has given one back. */
const fullLoginMs = 250

const startOptions = Object.entries(connectionSettings)
  .map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`)
  .join(' ')

export const keyOf = ({ secret, database }: Login): string => `${secret}\n${database}`

export class ConnectionPools {
  readonly #options: PoolOptions
  readonly #pools = new Map<string, Promise<Pool>>()
  readonly #rooms: Readonly<Record<'tenants' | 'platform', ConnectionRoom>>
  #isClosed = false

  constructor(options: PoolOptions) {
    this.#options = options
    const { tenants, platform } = options.rooms ?? defaultRooms
    this.#rooms = { tenants: new ConnectionRoom(tenants), platform: new ConnectionRoom(platform) }
  }

  /** A connection whose session is as new; give it back when its statement or transaction is over. */
  async take(login: Login, isAgain = false): Promise<PoolClient> {
    if (this.#isClosed) throw new DataApiError('unavailable', 'The database is closed')
    const making = this.#poolOf(login)
    const pool = await making
    try {
      const client = await this.#connect(login, pool)
      // The pool listens to idle connections only; a lost one fails its statement, which says so.
      if (client.listenerCount('error') === 0) client.on('error', () => {})
      return client
    } catch (error) {
      const failure = failureOf(error)
      if (!(failure instanceof DataApiError) || failure.fault !== 'forbidden') throw failure
      // The password may have been rotated: what is at work goes on, and who comes now reads the secret again.
      if (this.#pools.get(keyOf(login)) === making) this.#pools.delete(keyOf(login))
      if (isAgain || !(await this.#isRotated(login, pool))) throw failure
      return await this.take(login, true)
    }
  }

  /** A session never carries anything over: the next user of the connection finds it as new, or it is closed. */
  async giveBack(client: PoolClient): Promise<void> {
    try {
      if (client.getTransactionStatus() !== 'I') throw new Error('left in a transaction')
      await client.query('DISCARD ALL')
      client.release()
    } catch {
      client.release(true)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const room of Object.values(this.#rooms)) room.close()
    const pools = await Promise.allSettled(this.#pools.values())
    const made = pools.filter((pool) => pool.status === 'fulfilled')
    await Promise.all(made.map(({ value }) => value.end()))
  }

  async #connect({ secret }: Login, pool: Pool): Promise<PoolClient> {
    const room = this.#rooms[secret === platformSecret ? 'platform' : 'tenants']
    const untilMs = Date.now() + connectMs
    for (;;) {
      try {
        return await room.enter(pool)
      } catch (error) {
        if (!isLoginFull(error) || Date.now() >= untilMs) throw error
        await delay(fullLoginMs)
      }
    }
  }

  async #isRotated({ secret }: Login, pool: Pool): Promise<boolean> {
    const now = await this.#options.secrets.get(secret).catch(() => undefined)
    return now !== undefined && now.password !== pool.options.password
  }

  #poolOf(login: Login): Promise<Pool> {
    const key = keyOf(login)
    const known = this.#pools.get(key)
    if (known) return known
    const made = this.#makePool(login)
    this.#pools.set(key, made)
    made.catch(() => this.#pools.delete(key))
    return made
  }

  async #makePool({ secret, database }: Login): Promise<Pool> {
    const { host, port, ssl, secrets } = this.#options
    const credentials = await secrets.get(secret).catch((error: unknown) => {
      throw new DataApiError('forbidden', `The secret ${secret} cannot be read`, error)
    })
    const pool = new Pool({
      host,
      port,
      ...(ssl ? { ssl } : {}),
      ...credentials,
      database,
      max: connectionsOfLogin,
      idleTimeoutMillis: idleConnectionMs,
      maxUses: mostUses,
      connectionTimeoutMillis: connectMs,
      application_name: 'iasql',
      options: startOptions,
    })
    pool.on('error', () => {})
    return pool
  }
}
