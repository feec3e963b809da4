/** One row of a plan: what will happen to one resource, and why. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Milestone } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { RowPlace } from './resource.ts'

export type Action = 'create' | 'update' | 'replace' | 'delete' | 'adopt' | 'forget'
export type Risk = 'none' | 'deletes data' | 'interrupts service' | 'takes over'

export interface ChangeReference {
  readonly column: string
  /** Key of the resource that is needed. */
  readonly target: string
  readonly need: Milestone
  /** `desired`: what the new state points at; `base`: what the cloud's present state points at. */
  readonly side: 'desired' | 'base'
  /** Whether the column may be left out at first and set, or cleared, by an update of its own. */
  readonly cuttable: boolean
  /** Only another resource can point elsewhere. */
  readonly isFixed?: boolean
  /** Of an expression inside a text or document, the column of the target: the cloud does not know of the reference. */
  readonly of?: string
  /** It does know of this one, though it is an expression. */
  readonly isHeld?: boolean
  /** The column points at a companion of the target. */
  readonly isThrough?: boolean
  /** No column names the target: the table says that it comes before. `of` is its column that leads to the same row. */
  readonly isExtra?: boolean
}

/** `cloud`: AWS refuses a second one; `table`: only our rows are told apart by it. */
export interface TakenName {
  readonly name: string
  readonly of: 'cloud' | 'table'
}

export type ColumnChange = {
  readonly from: Json
  readonly to: Json
  /** Of a reference that stays the same: what people call its target, which is another resource afterwards. */
  readonly replaced?: string
}

/** Who has made the edits that follow from others. */
export const engineActor = 'iasql'

export interface PlannedChange {
  /** `vpc/3` */
  readonly key: string
  readonly action: Action
  readonly table: string
  readonly rowId: number
  readonly resourceId: number | null
  readonly place: RowPlace
  readonly cloudPlace: RowPlace | null
  readonly naturalName: string
  readonly cloudId: CloudId | null
  readonly changed: Readonly<Record<string, ColumnChange>>
  /** The columns to send, with the user's values; expressions unresolved. */
  readonly delta: Row
  /** Of a replace: names collide, so the old one is deleted first. */
  readonly replaceBefore: boolean
  /** Gone with its parent: no call. */
  readonly companion: boolean
  /** Key of the parent of a companion. */
  readonly parent: string | null
  readonly reason: string
  /** Columns whose value is known only once another change is done. */
  readonly unknown: readonly string[]
  readonly risk: Risk
  readonly calls: number
  readonly estimateMs: number
  readonly editVersion: number
  readonly actor: string | null
  readonly editedAt: string | null
  readonly references: readonly ChangeReference[]
  /** Keys of all that the cloud has it point at, or will: also of what this plan does not change. */
  readonly pointsAt: readonly string[]
  /** Of a replace: what was agreed on about the old one. */
  readonly oldBase: Row | null
  /** Names that the new resource needs, and those that the old one has until it is gone. */
  readonly takes: readonly TakenName[]
  readonly frees: readonly TakenName[]
  /** Of a create: AWS refused to say whether it has one of the name already. */
  readonly isNameUnsure?: true
  /** Columns that were changed in the cloud too, where the table's value wins. */
  readonly conflicts: readonly string[]
  /** Columns changed only in the cloud, which the row takes over when the change is done. */
  readonly pulls: Row
}

/** An edited row that needs no call: the edits up to `editVersion` are settled by storing `base` and writing `write`. */
export interface Settlement {
  readonly table: string
  readonly rowId: number
  readonly resourceId: number | null
  readonly editVersion: number
  /** Null: nothing was ever sent, there is nothing to remember. */
  readonly base: Row | null
  readonly write: Row
  /** Columns that the cloud changed and the row does not take over. */
  readonly drifted: readonly string[]
}

export interface Plan {
  readonly changes: readonly PlannedChange[]
  readonly settlements: readonly Settlement[]
  readonly notices: readonly string[]
}
