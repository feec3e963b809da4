/** The Data API on one machine: the same port with the same limits, in front of a PostgreSQL that `pg` talks to. */
import { randomUUID } from 'node:crypto'
import { Pool, type PoolClient, type QueryArrayResult } from 'pg'
import {
  type DataApi,
  DataApiError,
  dataApiLimits,
  type ExecuteRequest,
  type ExecuteResult,
  type Login,
} from './data-api.ts'
import { errorText, isDatabaseError } from './error-text.ts'
import { decodeRow } from './field-codec.ts'
import { bindParameters } from './named-parameters.ts'
import type { Secrets } from './secrets.ts'
import { TypeNames } from './type-names.ts'

export interface InProcessOptions {
  readonly host: string
  readonly port: number
  readonly ssl?: boolean | object | undefined
  readonly secrets: Pick<Secrets, 'get'>
  /** Shortened by tests; the published limits otherwise. */
  readonly limits?: Partial<Limits>
}

type Limits = Readonly<Record<keyof typeof dataApiLimits, number>>

interface Transaction {
  readonly id: string
  readonly loginKey: string
  readonly client: PoolClient
  readonly endsAt: number
  idleTimer: NodeJS.Timeout | undefined
  isBusy: boolean
}

const connectionsOfLogin = 10
const idleConnectionMs = 10_000
const connectMs = 5_000
const asText = { getTypeParser: () => (value: string) => value }

const keyOf = ({ secret, database }: Login): string => `${secret}\n${database}`

export class InProcessDataApi implements DataApi {
  readonly #options: InProcessOptions
  readonly #limits: Limits
  readonly #pools = new Map<string, Promise<Pool>>()
  readonly #transactions = new Map<string, Transaction>()
  readonly #typeNames = new TypeNames()

  constructor(options: InProcessOptions) {
    this.#options = options
    this.#limits = { ...dataApiLimits, ...options.limits }
  }

  async execute(request: ExecuteRequest): Promise<ExecuteResult> {
    this.#checkRequest(request)
    if (request.transactionId === undefined) {
      const client = await this.#connect(request.login)
      try {
        return await this.#query(client, request)
      } finally {
        void this.#release(client)
      }
    }
    const transaction = this.#take(request.login, request.transactionId)
    try {
      return await this.#query(transaction.client, request)
    } finally {
      this.#putBack(transaction)
    }
  }

  async begin(login: Login): Promise<string> {
    const client = await this.#connect(login)
    try {
      await client.query('BEGIN')
    } catch (error) {
      client.release(true)
      throw failure(error)
    }
    const transaction: Transaction = {
      id: randomUUID(),
      loginKey: keyOf(login),
      client,
      endsAt: Date.now() + this.#limits.transactionMs,
      idleTimer: undefined,
      isBusy: false,
    }
    this.#transactions.set(transaction.id, transaction)
    this.#putBack(transaction)
    return transaction.id
  }

  async commit(login: Login, transactionId: string): Promise<void> {
    const transaction = this.#end(login, transactionId)
    try {
      const { command } = await transaction.client.query('COMMIT')
      if (command === 'ROLLBACK') {
        const aborted = 'ERROR: current transaction is aborted, it was rolled back; SQLState: 25P02'
        throw new DataApiError('database-error', aborted)
      }
    } catch (error) {
      throw failure(error)
    } finally {
      void this.#release(transaction.client)
    }
  }

  async rollback(login: Login, transactionId: string): Promise<void> {
    const transaction = this.#end(login, transactionId)
    try {
      await transaction.client.query('ROLLBACK')
    } catch (error) {
      throw failure(error)
    } finally {
      void this.#release(transaction.client)
    }
  }

  async close(): Promise<void> {
    for (const { client, idleTimer } of this.#transactions.values()) {
      clearTimeout(idleTimer)
      client.release(true)
    }
    this.#transactions.clear()
    const pools = await Promise.allSettled(this.#pools.values())
    this.#pools.clear()
    await Promise.all(pools.map((pool) => (pool.status === 'fulfilled' ? pool.value.end() : undefined)))
  }

  #checkRequest({ sql, parameters = [] }: ExecuteRequest): void {
    let bytes = Buffer.byteLength(sql)
    for (const { value } of parameters) {
      if ('stringValue' in value) bytes += Buffer.byteLength(value.stringValue)
      else if ('blobValue' in value) bytes += Math.ceil(value.blobValue.length / 3) * 4
      else bytes += 16
    }
    if (bytes > this.#limits.requestBytes) {
      throw new DataApiError(
        'request-too-large',
        `Request of ${bytes} bytes exceeds the limit of ${this.#limits.requestBytes} bytes`,
      )
    }
  }

  async #query(client: PoolClient, request: ExecuteRequest): Promise<ExecuteResult> {
    const { text, values } = bindParameters(request.sql, request.parameters)
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      void this.#cancel(request.login, client)
    }, this.#limits.callMs)
    try {
      const query = {
        text,
        values: [...values],
        rowMode: 'array' as const,
        types: asText,
        queryMode: 'extended',
      }
      return await this.#resultOf(client, await client.query(query), request)
    } catch (error) {
      if (isLate) throw new DataApiError('statement-timeout', 'Request timed out after 45 seconds', error)
      throw failure(error)
    } finally {
      clearTimeout(timer)
    }
  }

  async #resultOf(
    client: PoolClient,
    result: QueryArrayResult<(string | null)[]>,
    { includeResultMetadata }: ExecuteRequest,
  ): Promise<ExecuteResult> {
    const oids = result.fields.map(({ dataTypeID }) => dataTypeID)
    this.#checkSize(result.rows)
    const records = result.rows.map((row) => decodeRow(row, oids))
    const isRead = result.fields.length > 0
    const numberOfRecordsUpdated = isRead ? 0 : (result.rowCount ?? 0)
    if (!includeResultMetadata) return { records, numberOfRecordsUpdated }
    const names = await this.#typeNames.of(client, oids)
    const columns = result.fields.map(({ name }, index) => ({ name, typeName: names[index] ?? 'unknown' }))
    return { records, numberOfRecordsUpdated, columns }
  }

  #checkSize(rows: readonly (readonly (string | null)[])[]): void {
    const { rowBytes, resultBytes } = this.#limits
    let total = 0
    for (const row of rows) {
      let bytes = 0
      for (const text of row) if (text !== null) bytes += Buffer.byteLength(text)
      if (bytes > rowBytes) {
        throw new DataApiError('row-too-large', `Database returned a row larger than ${rowBytes} bytes`)
      }
      total += bytes
      if (total > resultBytes) {
        throw new DataApiError(
          'result-too-large',
          'Database returned more than the allowed response size limit',
        )
      }
    }
  }

  async #connect(login: Login): Promise<PoolClient> {
    try {
      const pool = await this.#poolOf(login)
      const client = await pool.connect()
      if (client.listenerCount('error') === 0) client.on('error', () => {})
      return client
    } catch (error) {
      throw failure(error)
    }
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
    const credentials = await secrets.get(secret)
    const pool = new Pool({
      host,
      port,
      ...(ssl ? { ssl } : {}),
      ...credentials,
      database,
      max: connectionsOfLogin,
      idleTimeoutMillis: idleConnectionMs,
      connectionTimeoutMillis: connectMs,
      application_name: 'iasql',
      options: '-c TimeZone=UTC -c DateStyle=ISO',
    })
    pool.on('error', () => {})
    return pool
  }

  /** A session never carries anything over: the next user of the connection finds it as new, or it is closed. */
  async #release(client: PoolClient): Promise<void> {
    try {
      await client.query('DISCARD ALL')
      client.release()
    } catch {
      client.release(true)
    }
  }

  #take(login: Login, transactionId: string): Transaction {
    const transaction = this.#transactions.get(transactionId)
    if (!transaction || transaction.loginKey !== keyOf(login)) {
      throw new DataApiError('transaction-not-found', `Transaction ${transactionId} is not found`)
    }
    if (transaction.isBusy) {
      throw new DataApiError('busy-transaction', 'Transaction is still running a query')
    }
    clearTimeout(transaction.idleTimer)
    transaction.isBusy = true
    return transaction
  }

  #putBack(transaction: Transaction): void {
    transaction.isBusy = false
    const idleMs = Math.min(this.#limits.idleTransactionMs, transaction.endsAt - Date.now())
    transaction.idleTimer = setTimeout(() => this.#expire(transaction), Math.max(0, idleMs))
    transaction.idleTimer.unref()
  }

  #expire(transaction: Transaction): void {
    this.#transactions.delete(transaction.id)
    transaction.client.release(true)
  }

  #end(login: Login, transactionId: string): Transaction {
    const transaction = this.#take(login, transactionId)
    this.#transactions.delete(transactionId)
    return transaction
  }

  /** A role may cancel its own backends; a transaction's backend stays what it is, so its pid is enough. */
  async #cancel(login: Login, client: PoolClient): Promise<void> {
    const { processID } = client as unknown as { readonly processID: number }
    try {
      const other = await this.#connect(login)
      await other.query('SELECT pg_catalog.pg_cancel_backend($1)', [processID])
      await this.#release(other)
    } catch {
      ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
    }
  }
}

/** @example const dataApi = inProcessDataApi({ host, port, secrets }) */
export const inProcessDataApi = (options: InProcessOptions): InProcessDataApi => new InProcessDataApi(options)

const connectionLost =
  /terminated|timeout exceeded when trying to connect|ECONN|EPIPE|ENOENT|not queryable|Client was closed/i
/** The server is shutting down or starting, or ended the session: class 57P and 08. */
const unavailableStates = /^(57P0[1-5]|08|53300)/

function failure(error: unknown): Error {
  if (error instanceof DataApiError) return error
  if (isDatabaseError(error)) {
    if (unavailableStates.test(error.code ?? '')) return new DataApiError('unavailable', error.message, error)
    if (error.code === '42601' && /multiple commands/.test(error.message)) {
      return new DataApiError('bad-request', "Multistatements aren't supported", error)
    }
    return new DataApiError('database-error', errorText(error), error)
  }
  const message = error instanceof Error ? error.message : String(error)
  const isLost = connectionLost.test(`${message} ${(error as NodeJS.ErrnoException).code ?? ''}`)
  return isLost
    ? new DataApiError('unavailable', `The database does not answer: ${message}`, error)
    : (error as Error)
}
