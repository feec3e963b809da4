/** One statement on one connection, within the service's time and sizes, whatever it would return. */
import { type FieldDef, type PoolClient, Query } from 'pg'
import { type Address, cancelBackend } from './cancel-backend.ts'
import { DataApiError } from './data-api.ts'
import { failureOf } from './data-api-failure.ts'
import type { BoundStatement } from './named-parameters.ts'

export interface QueryLimits {
  readonly callMs: number
  readonly resultBytes: number
  readonly rowBytes: number
}

export type TextRow = readonly (string | null)[]

export interface MeasuredResult {
  readonly fields: readonly FieldDef[]
  readonly rows: readonly TextRow[]
  readonly rowCount: number
}

const asText = { getTypeParser: () => (value: string) => value }
/** After a cancel the server ends the statement within this, or its connection is closed. */
const graceMs = 5_000
/** A result that is too large is read to its end, as the service does, unless it is as much too large as this. */
const endlessFactor = 64

/** Keeps rows as long as they fit; the others are let go at once. */
class Meter {
  readonly rows: TextRow[] = []
  readonly #limits: QueryLimits
  #bytes = 0
  excess: DataApiError | undefined

  constructor(limits: QueryLimits) {
    this.#limits = limits
  }

  get isEndless(): boolean {
    return this.#bytes > this.#limits.resultBytes * endlessFactor
  }

  add(row: TextRow): void {
    let bytes = 0
    for (const text of row) if (text !== null) bytes += Buffer.byteLength(text)
    // A row costs its count of columns and the length of each beside its bytes.
    this.#bytes += bytes + 2 + 4 * row.length
    if (bytes > this.#limits.rowBytes) this.#refuse('row-too-large', 'The row exceeds the size limit 64 KB.')
    if (this.#bytes > this.#limits.resultBytes)
      this.#refuse('result-too-large', 'The result exceeds the size limit 1 MB.')
    if (!this.excess) this.rows.push(row)
  }

  #refuse(fault: 'row-too-large' | 'result-too-large', message: string): void {
    this.excess ??= new DataApiError(fault, message)
    this.rows.length = 0
  }
}

/** Ends the statement of a connection from outside, once. */
class Stop {
  readonly #client: PoolClient
  readonly #address: Address
  #stopping: Promise<void> | undefined
  #grace: NodeJS.Timeout | undefined

  constructor(client: PoolClient, address: Address) {
    this.#client = client
    this.#address = address
  }

  now(): void {
    this.#stopping ??= cancelBackend(this.#client, this.#address)
    this.#grace ??= setTimeout(() => destroy(this.#client), graceMs)
  }

  /** No cancel is under way any more that could meet the connection's next statement. */
  async over(): Promise<void> {
    clearTimeout(this.#grace)
    await this.#stopping
  }
}

const destroy = (client: PoolClient): void => {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
  connection.stream.destroy()
}

/** @throws DataApiError with every fault that a statement can have. */
export async function measuredQuery(
  client: PoolClient,
  { text, values }: BoundStatement,
  { limits, address }: { readonly limits: QueryLimits; readonly address: Address },
): Promise<MeasuredResult> {
  const meter = new Meter(limits)
  const stop = new Stop(client, address)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    stop.now()
  }, limits.callMs)
  const config = { text, values: [...values], rowMode: 'array', types: asText, queryMode: 'extended' }
  const query = new Query(config)
  query.on('row', (row) => {
    meter.add(row as unknown as TextRow)
    if (meter.isEndless) stop.now()
  })
  try {
    const { fields, rowCount } = await settled(client, query)
    if (meter.excess) throw meter.excess
    return { fields, rows: meter.rows, rowCount: rowCount ?? 0 }
  } catch (error) {
    if (isLate) throw new DataApiError('statement-timeout', 'canceling statement due to statement timeout')
    throw meter.excess ?? failureOf(error)
  } finally {
    clearTimeout(timer)
    await stop.over()
  }
}

interface QueryEnd {
  readonly fields: readonly FieldDef[]
  readonly rowCount: number | null
}

const settled = (client: PoolClient, query: Query): Promise<QueryEnd> =>
  new Promise((resolve, reject) => {
    query.on('end', (result) => resolve(result as unknown as QueryEnd))
    query.on('error', (error) => void statementOver(client).then(() => reject(error)))
    client.query(query)
  })

/** PostgreSQL tells of an error before it lets go of what the statement held: an empty statement is answered after that. */
export async function statementOver(client: PoolClient): Promise<void> {
  await client.query('').catch(() => undefined)
}
