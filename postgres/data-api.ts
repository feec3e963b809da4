/**
 * The Data API port: every byte of SQL goes through it, on both hosts, with the limits of the RDS Data API.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.html
 */
export type Field =
  | { readonly isNull: true }
  | { readonly stringValue: string }
  | { readonly longValue: number }
  | { readonly doubleValue: number }
  | { readonly booleanValue: boolean }
  | { readonly blobValue: Uint8Array }

export type TypeHint = 'DATE' | 'DECIMAL' | 'JSON' | 'TIME' | 'TIMESTAMP' | 'UUID'

export interface Parameter {
  readonly name: string
  readonly value: Field
  readonly typeHint?: TypeHint
}

/** Who logs in, and where. `secret` names the credentials (a Secrets Manager ARN, or a local name), never holds them. */
export interface Login {
  readonly secret: string
  readonly database: string
}

export interface ColumnMetadata {
  readonly name: string
  /** PostgreSQL type name: `int4`, `text`, `_text`, … */
  readonly typeName: string
}

export interface ExecuteRequest {
  readonly login: Login
  /** One statement; `:name` is a parameter. */
  readonly sql: string
  readonly parameters?: readonly Parameter[]
  readonly transactionId?: string
  readonly includeResultMetadata?: boolean
}

export interface ExecuteResult {
  readonly columns?: readonly ColumnMetadata[]
  readonly records: readonly (readonly Field[])[]
  readonly numberOfRecordsUpdated: number
}

export interface DataApi {
  execute(request: ExecuteRequest): Promise<ExecuteResult>
  begin(login: Login): Promise<string>
  commit(login: Login, transactionId: string): Promise<void>
  rollback(login: Login, transactionId: string): Promise<void>
}

/** Published limits, held by both adapters. */
export const dataApiLimits = {
  resultBytes: 1_048_576,
  rowBytes: 65_536,
  requestBytes: 4_194_304,
  callMs: 45_000,
  idleTransactionMs: 180_000,
  transactionMs: 86_400_000,
} as const

export type DataApiFault =
  | 'database-error'
  | 'statement-timeout'
  | 'transaction-not-found'
  | 'unsupported-result'
  | 'unavailable'
  | 'resuming'
  | 'bad-request'
  | 'forbidden'
  | 'busy-transaction'
  | 'result-too-large'
  | 'row-too-large'
  | 'request-too-large'

/**
 * What a call of the Data API fails with, on both adapters. `message` is the one text the service gives: for a database
 * error `ERROR: …` with indented `Detail:`, `Hint:`, `Position:` lines, ended by `; SQLState: xxxxx`.
 */
export class DataApiError extends Error {
  readonly fault: DataApiFault

  constructor(fault: DataApiFault, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'DataApiError'
    this.fault = fault
  }
}
