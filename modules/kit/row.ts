/** The types of rows, derived from a table's columns, so that a mapper and its columns cannot disagree. */
import type { CloudId, CloudReference } from '#engine/model/cloud.ts'
import type { Column } from '#engine/model/column.ts'

/** A column that carries the TypeScript type of its values (in types only, there is no such property). */
export interface TypedColumn<Value, Nature extends Column['nature']> extends Column {
  readonly nature: Nature
  readonly $value?: Value
}

declare const isSecret: unique symbol

/** The value of a secret column, which only a mapper's writes are given: what is read has no such column. */
export type SecretText = string & { readonly [isSecret]: true }

declare const isDigest: unique symbol

/** What a content column shows: `sha256:<hex>`. */
export type ContentDigest = string & { readonly [isDigest]: true }

/** A row as it is read back. */
export type Told<Row> = {
  readonly [Name in keyof Row as NonNullable<Row[Name]> extends SecretText ? never : Name]: Row[Name]
}

type ValueOf<C> = C extends { readonly $value?: infer Value } ? Value : never

type IsLocal = { readonly nature: 'local' }
type IsUnread = { readonly unread: true }

/** Every column that the cloud knows; a reference is a CloudReference. */
export type RowOf<C extends Readonly<Record<string, Column>>> = {
  readonly [Name in keyof C as C[Name] extends IsLocal | IsUnread ? never : Name]: ValueOf<C[Name]>
} & { readonly [Name in keyof C as C[Name] extends IsUnread ? Name : never]?: ValueOf<C[Name]> }

/** Tags as users see them: text by text, without those of AWS's and our own. */
export type TagMap = Readonly<Record<string, string>>

/** Content that the call does not send stays a digest: `bytesOf` gives the bytes of what it does send. */
type ResolvedValue<Value> = Value extends CloudReference
  ? CloudId
  : Value extends ContentDigest
    ? Uint8Array | ContentDigest
    : Value

/** A row as a mapper is asked to make it: references already are the cloud ids of their targets. */
export type Resolved<Row> = { readonly [Name in keyof Row]: ResolvedValue<Row[Name]> }

/** The columns that an update has to push, with what AWS was last told (`from`) and what is wanted (`to`). */
export type ColumnDelta<Row> = {
  readonly [Name in keyof Row]?: {
    readonly from: ResolvedValue<Row[Name]> | null
    readonly to: ResolvedValue<Row[Name]>
  }
}
