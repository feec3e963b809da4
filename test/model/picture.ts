/** The rows and the engine's records of them at one moment. */
import type { Json, Row } from '#engine/model/json.ts'
import type { KindName } from '#test/support/simulated/kinds.ts'

export interface Binding {
  readonly table: KindName
  readonly rowId: number
  readonly id: string
}

export interface Picture {
  /** Rows by `table/id`. */
  readonly rows: ReadonlyMap<string, Row>
  /** The engine's records, by cloud id. */
  readonly byId: ReadonlyMap<string, Binding>
  /** And by `table/id`. */
  readonly byRow: ReadonlyMap<string, Binding>
}

export const keyOf = (table: string, rowId: Json | undefined): string => `${table}/${String(rowId)}`
