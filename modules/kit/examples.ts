/** Rows that prove a table: the conformance runner, the docs and the completion all read them. */
import type { CloudReference } from '#engine/model/cloud.ts'
import type { Columns } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'
import type { ContentDigest, RowOf, SecretText } from './row.ts'
import type { Table } from './table.ts'

/** Stands for the row id of a needed row. */
export interface Needed {
  readonly $needed: string
}
export const needed = (name: string): Needed => ({ $needed: name })

/** An expression about a needed row, which has its name in place of the row id: `neededValue('subnet', 'first', 'subnet_id')`. */
export const neededValue = (table: string, name: string, column: string): string =>
  `\${${table}(${name}).${column}}`

const neededValues = /\$\{([a-z_]+)\(([a-z]\w*)\)\.([a-z_]+)\}/g

/** The value with each such expression made into what `write` gives for it, at any depth. */
export const withNeededValues = (
  value: Json,
  write: (needed: { readonly table: string; readonly name: string; readonly column: string }) => string,
): Json =>
  JSON.parse(
    JSON.stringify(value).replace(neededValues, (_, table: string, name: string, column: string) =>
      JSON.stringify(write({ table, name, column })).slice(1, -1),
    ),
  ) as Json

export type ExampleRow = Readonly<Record<string, Json | Needed>>

/** One needed row; `table` is unqualified, as in SQL. Needs are inserted in order and may refer to earlier ones. */
export interface Need {
  readonly table: string
  readonly row: ExampleRow
}

export interface Examples {
  /** Unqualified table. */
  readonly table: string
  /** Tells several sets of one table apart: `FIFO`. */
  readonly variant?: string
  readonly needs: Readonly<Record<string, Need>>
  readonly base: ExampleRow
  /** Columns to change in place; null when AWS changes nothing of it in place. */
  readonly update: ExampleRow | null
  /** Columns whose change makes a new resource; null when there is none. */
  readonly replace: ExampleRow | null
  /** Why the emulator cannot run these; then recorded shapes hold the mapper, and nothing counts as proved. */
  readonly emulator?: string
}

type ExampleValue<Value> = Value extends CloudReference
  ? Needed
  : Value extends SecretText | ContentDigest
    ? string
    : Value
type RowFor<C extends Columns> = { readonly [Name in keyof RowOf<C>]?: ExampleValue<RowOf<C>[Name]> }

interface ExamplesDefinition<C extends Columns> {
  readonly variant?: string
  readonly needs?: Readonly<Record<string, Need>>
  readonly base: RowFor<C>
  readonly update: RowFor<C> | null
  readonly replace: RowFor<C> | null
  readonly emulator?: string
}

/**
 * @example
 * examplesOf(subnet, {
 *   needs: { vpc: { table: 'vpc', row: { cidr_block: '10.0.0.0/16' } } },
 *   base: { vpc_id: needed('vpc'), cidr_block: '10.0.1.0/24' }, update: …, replace: …
 * })
 */
export const examplesOf = <C extends Columns>(table: Table<C>, definition: ExamplesDefinition<C>): Examples =>
  ({ needs: {}, ...definition, table: table.name }) as Examples
