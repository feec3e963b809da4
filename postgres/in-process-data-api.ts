/** The Data API on one machine: the same port with the same limits, in front of a PostgreSQL that `pg` talks to. */
import type { PoolClient } from 'pg'
import { ConnectionPools, type PoolOptions } from './connection-pools.ts'
import {
  type ColumnMetadata,
  type DataApi,
  DataApiError,
  dataApiLimits,
  type ExecuteRequest,
  type ExecuteResult,
  type Field,
  type Login,
} from './data-api.ts'
import { failureOf } from './data-api-failure.ts'
import { type Decode, decodeLabel, decodeRow, decoderOf } from './field-decoders.ts'
import { type MeasuredResult, measuredQuery, statementOver, type TextRow } from './measured-query.ts'
import { bindParameters } from './named-parameters.ts'
import { OpenTransactions } from './open-transactions.ts'
import { checkRequestSize } from './request-size.ts'
import { ResultTypes } from './result-types.ts'

export interface InProcessOptions extends PoolOptions {
  /** Shortened by tests; the published limits otherwise. */
  readonly limits?: { readonly [Name in keyof typeof dataApiLimits]?: number } | undefined
}

export class InProcessDataApi implements DataApi {
  readonly #options: InProcessOptions
  readonly #limits: { readonly [Name in keyof typeof dataApiLimits]: number }
  readonly #pools: ConnectionPools
  readonly #transactions: OpenTransactions
  readonly #types = new ResultTypes()

  constructor(options: InProcessOptions) {
    this.#options = options
    this.#limits = { ...dataApiLimits, ...options.limits }
    this.#pools = new ConnectionPools(options)
    this.#transactions = new OpenTransactions(this.#limits)
  }

  async execute(request: ExecuteRequest): Promise<ExecuteResult> {
    checkRequestSize(request)
    if (request.transactionId === undefined) {
      const client = await this.#pools.take(request.login)
      try {
        return await this.#query(client, request)
      } finally {
        void this.#pools.giveBack(client)
      }
    }
    const transaction = this.#transactions.take(request.login, request.transactionId)
    try {
      return await this.#query(transaction.client, request)
    } finally {
      this.#transactions.putBack(transaction)
    }
  }

  async begin(login: Login): Promise<string> {
    const client = await this.#pools.take(login)
    try {
      await client.query('BEGIN')
    } catch (error) {
      client.release(true)
      throw failureOf(error)
    }
    return this.#transactions.add(login, client)
  }

  async commit(login: Login, transactionId: string): Promise<void> {
    const command = await this.#end('COMMIT', login, transactionId)
    if (command === 'COMMIT') return
    // The driver of the service says so too, where PostgreSQL only answers ROLLBACK.
    const message = 'The database returned ROLLBACK, so the transaction cannot be committed.; SQLState: 25P02'
    throw new DataApiError('database-error', message)
  }

  async rollback(login: Login, transactionId: string): Promise<void> {
    await this.#end('ROLLBACK', login, transactionId)
  }

  /** Rolls back what is open, and closes every connection. */
  async close(): Promise<void> {
    this.#transactions.abandonAll()
    await this.#pools.close()
  }

  async #end(sql: 'COMMIT' | 'ROLLBACK', login: Login, transactionId: string): Promise<string> {
    const client = this.#transactions.end(login, transactionId)
    try {
      return (await client.query(sql)).command
    } catch (error) {
      await statementOver(client)
      throw failureOf(error)
    } finally {
      void this.#pools.giveBack(client)
    }
  }

  async #query(client: PoolClient, request: ExecuteRequest): Promise<ExecuteResult> {
    const bound = bindParameters(request.sql, request.parameters)
    const result = await measuredQuery(client, bound, { limits: this.#limits, address: this.#options })
    try {
      return await this.#resultOf(client, result, request.includeResultMetadata ?? false)
    } catch (error) {
      throw failureOf(error)
    }
  }

  async #resultOf(
    client: PoolClient,
    { fields, rows, rowCount }: MeasuredResult,
    withColumns: boolean,
  ): Promise<ExecuteResult> {
    const ids = fields.map(({ dataTypeID }) => dataTypeID)
    let decode = ids.map(decoderOf)
    let columns: readonly ColumnMetadata[] = []
    if (withColumns || decode.includes(undefined)) {
      const types = await this.#types.of(client, ids)
      columns = fields.map(({ name }, index) => ({ name, typeName: types[index]?.name ?? 'unknown' }))
      decode = decode.map((known, index) => known ?? (types[index]?.isEnum ? decodeLabel : undefined))
    }
    const records = decodeRows(rows, decode, columns)
    const numberOfRecordsUpdated = fields.length > 0 ? 0 : rowCount
    return withColumns ? { records, numberOfRecordsUpdated, columns } : { records, numberOfRecordsUpdated }
  }
}

/** The service refuses a value of a type it does not carry, though not its NULL. */
const decodeRows = (
  rows: readonly TextRow[],
  decode: readonly (Decode | undefined)[],
  columns: readonly ColumnMetadata[],
): readonly (readonly Field[])[] => {
  const refusing = decode.map((known, index) => known ?? refuse(columns[index]?.typeName ?? 'unknown'))
  return rows.map((row) => decodeRow(row, refusing))
}

const refuse = (typeName: string) => (): never => {
  const message = `The result contains the unsupported data type ${typeName.toUpperCase()}.`
  throw new DataApiError('unsupported-result', message)
}

/** @example const dataApi = inProcessDataApi({ host, port, secrets }) */
export const inProcessDataApi = (options: InProcessOptions): InProcessDataApi => new InProcessDataApi(options)
