/** What can happen to a tenant and its cloud: steps as plain data, so that a failing run can be cut down and replayed. */
import type { Json } from '#engine/model/json.ts'
import type { KindName } from '#test/support/simulated/kinds.ts'
import type { Weather } from '#test/support/simulated/weather.ts'

/** A literal, the id of a row, or an expression over one; `slot` counts around the rows that there are. */
export type Value =
  | { readonly literal: Json }
  | { readonly ref: KindName; readonly slot: number }
  | {
      readonly expression: KindName
      readonly slot: number
      readonly column: string
      readonly isDocument?: boolean
    }

export type Values = Readonly<Record<string, Value>>

export type Edit =
  | { readonly edit: 'insert'; readonly table: KindName; readonly values: Values }
  | { readonly edit: 'update'; readonly table: KindName; readonly slot: number; readonly values: Values }
  | { readonly edit: 'delete'; readonly table: KindName; readonly slot: number }
  | LineEdit

/** Of the lines of a blueprint: put, or taken away. */
export interface LineEdit {
  readonly edit: 'line' | 'no line'
  readonly table: 'blueprint'
  readonly slot: number
  readonly name: string
  readonly values: Values
}

export type Act =
  /** One transaction; `holdMs` keeps it and its locks open, `isUndone` rolls it back. */
  | {
      readonly act: 'edit'
      readonly edits: readonly Edit[]
      readonly holdMs: number
      readonly isUndone: boolean
      /** Over whose connection; absent: over none that has a transaction. */
      readonly session?: number
    }
  | { readonly act: 'begin' | 'commit' | 'rollback'; readonly session: number }
  /** Of a past transaction, or of an edit outside of one; `slot` counts back from the newest. */
  | { readonly act: 'revert'; readonly session: number; readonly slot: number }
  | { readonly act: 'apply'; readonly isWaiting: boolean; readonly claimed: 'wait' | 'skip' }
  /** A preview that is applied by its number some time later. */
  | { readonly act: 'previewed'; readonly afterMs: number }
  | { readonly act: 'sync' }
  /** A function that makes a vault, and shows its value. */
  | { readonly act: 'request'; readonly name: string }
  | { readonly act: 'cancel' }
  /** A worker dies with its so many-th request; `sole`: all die, and the one that starts knows that it is alone. */
  | { readonly act: 'crash'; readonly requests: number; readonly sole: boolean }
  | { readonly act: 'weather'; readonly weather: Weather }
  /** Somebody else's doing in the cloud. */
  | { readonly act: 'make'; readonly kind: KindName; readonly slot: number; readonly number: number }
  | { readonly act: 'change'; readonly kind: KindName; readonly slot: number; readonly number: number }
  | { readonly act: 'remove'; readonly kind: KindName; readonly slot: number }
  /** Everything comes to rest, and is looked at. */
  | { readonly act: 'rest' }

export type Step = Act & {
  /** Milliseconds that pass afterwards. */
  readonly thenMs: number
}

export interface Script {
  readonly seed: number
  readonly steps: readonly Step[]
}
