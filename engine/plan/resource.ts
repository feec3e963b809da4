/** What the planner reads of a resource: its three states and where they live. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'

export interface RowPlace {
  readonly accountId: string | null
  readonly region: string | null
}

export interface ResourceState {
  /** Unqualified SQL table. */
  readonly table: string
  readonly rowId: number
  /** Null while the row has no resource record. */
  readonly resourceId: number | null
  /** Of the desired row; of the resource when the row is gone. */
  readonly place: RowPlace
  /** Where the cloud object lives; null while there is none. */
  readonly cloudPlace: RowPlace | null
  /** Declared columns as the user left them: references are row ids, `${…}` stands as written. Null: the row is gone. */
  readonly desired: Row | null
  /** Resolved values that desired and cloud last agreed on. */
  readonly base: Row | null
  /** Null beside a base means proved absent. */
  readonly observed: Row | null
  readonly cloudId: CloudId | null
  /** Resource id of the parent that AWS made this with. */
  readonly companionOf: number | null
  /** Not ours to change: read only. Absent: it is ours. */
  readonly isExternal?: boolean
  readonly baseVersion: number
  /** Of the newest edit of the row, above `baseVersion` as long as there is one that is not done; else `baseVersion`. */
  readonly editVersion: number
  readonly edit: { readonly actor: string; readonly at: string; readonly companion: boolean } | null
}

/** Tables by unqualified name. */
export type TableLookup = ReadonlyMap<string, TableSpec>

export const tableLookup = (tables: Iterable<TableSpec>): TableLookup =>
  new Map([...tables].map((table) => [table.name, table]))

export const unqualified = (table: string): string => table.slice(table.indexOf('.') + 1)

export const resourceKey = (table: string, rowId: number): string => `${table}/${rowId}`
