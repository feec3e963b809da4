/** The types of rows, derived from a table's columns, so that a mapper and its columns cannot disagree. */
import type { CloudId, CloudReference } from '#engine/model/cloud.ts'
import type { Column } from '#engine/model/column.ts'

/** A column that carries the TypeScript type of its values (in types only, there is no such property). */
export interface TypedColumn<Value, Nature extends Column['nature']> extends Column {
  readonly nature: Nature
  readonly $value?: Value
}

type ValueOf<C> = C extends { readonly $value?: infer Value } ? Value : never

/** What `toRow` returns: every column that the cloud knows; a reference is a CloudReference. */
export type RowOf<C extends Readonly<Record<string, Column>>> = {
  readonly [Name in keyof C as C[Name] extends { readonly nature: 'local' } ? never : Name]: ValueOf<C[Name]>
}

/** Tags as users see them: text by text, without those of AWS's and our own. */
export type TagMap = Readonly<Record<string, string>>

type ResolvedValue<Value> = Value extends CloudReference ? CloudId : Value

/** A row as a mapper is asked to make it: references already are the cloud ids of their targets. */
export type Resolved<Row> = { readonly [Name in keyof Row]: ResolvedValue<Row[Name]> }

/** The columns that an update has to push, with what AWS was last told (`from`) and what is wanted (`to`). */
export type ColumnDelta<Row> = {
  readonly [Name in keyof Row]?: {
    readonly from: ResolvedValue<Row[Name]> | null
    readonly to: ResolvedValue<Row[Name]>
  }
}
