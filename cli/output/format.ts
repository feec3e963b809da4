/** The forms in which results leave: each turns statements and rows into text, and never writes by itself. */
import type { WireError } from '#websocket/messages.ts'
import { UsageError } from '../exit.ts'
import type { Terminal } from '../terminal.ts'
import { csvFormat } from './csv.ts'
import { jsonFormat } from './json.ts'
import { ndjsonFormat } from './ndjson.ts'
import { tableFormat } from './table.ts'

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

const formats = { table: tableFormat, json: jsonFormat, ndjson: ndjsonFormat, csv: csvFormat }

/** Makes the format of one run. @throws UsageError */
export function formatFor(name: string | undefined, { stdout }: Terminal): () => Format {
  const chosen = name ?? (stdout.isTTY ? 'table' : 'ndjson')
  const found = Object.entries(formats).find(([known]) => known === chosen)?.[1]
  if (found === undefined) {
    throw new UsageError(`there is no format "${chosen}"; give one of ${Object.keys(formats).join(', ')}`)
  }
  return found
}
