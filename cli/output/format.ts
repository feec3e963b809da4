/** What a form of output is: it turns statements and rows into text, and never writes by itself. */
import type { WireError } from '#websocket/messages.ts'

export type Row = readonly (string | null)[]

export interface Column {
  readonly name: string
  /** PostgreSQL's name, such as `int4`. */
  readonly type: string
}

export interface Statement {
  /** Index in the run; null for what concerns the whole run. */
  readonly index: number | null
  readonly kind: string | undefined
}

export interface Completion {
  readonly tag: string
  readonly rowCount: number
  readonly durationMs: number
  readonly truncated: boolean
}

/** Text for one run's output. A statement goes `head rows* (complete | failed | voided)`, or the last alone without columns. */
export interface Format {
  start(): string
  /** The columns, and the first rows: as many as came at once. */
  head(statement: Statement, columns: readonly Column[], rows: readonly Row[]): string
  rows(rows: readonly Row[]): string
  complete(statement: Statement, completion: Completion): string
  failed(statement: Statement, error: WireError): string
  /** Rows were written, and the statement is run again. */
  voided(): string
  end(): string
}
