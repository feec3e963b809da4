/** What a column of a managed table is: data that DDL, merge, plan, docs and completion are made from. */
import type { Json } from './json.ts'

export type SqlType = 'text' | 'integer' | 'bigint' | 'boolean' | 'double precision' | 'jsonb' | 'timestamptz'

/** How two values of a column compare; canonical forms are made by `engine/columns/canonical.ts`. */
export type Equality = 'plain' | 'set' | 'document' | 'policy' | 'tags' | 'cidr'

/** Which milestone of the target a reference waits for: `exists` (id readable) or `ready` (usable). */
export type Milestone = 'exists' | 'ready'

/**
 * Where a column is sent by a call of its own instead of one that all columns share: after the `create`, in an `update`;
 * `clear`: what was set is undone by a further call before; `delete`: before the resource is deleted too; `deleteEach`:
 * so is every member of a set, one by one.
 */
export type OwnCall = 'create' | 'update' | 'clear' | 'delete' | 'deleteEach'

export interface Reference {
  /** Qualified table, for example `aws_vpc.vpc`. */
  readonly table: string
  readonly need: Milestone
  /** `id` (a row id, resolved to the target's cloud id), or the name of a text column of the target that holds the value itself. */
  readonly by: string
}

export interface Column {
  readonly sqlType: SqlType
  readonly description: string
  /** `argument`: the user's; `output`: the cloud's, an edit is put back; `local`: only ours, never sent nor read (a flag). */
  readonly nature: 'argument' | 'output' | 'local'
  /** NOT NULL and without default: an INSERT must give it. */
  readonly required: boolean
  /** Literal default; the column is NOT NULL DEFAULT it. */
  readonly default?: Json
  /**
   * A change means a new resource. `after`: the old one is deleted once the new one stands and dependants moved over;
   * `before`: names collide (same name, same CIDR), the old one goes first. `false`: updated in place.
   */
  readonly replaces: false | 'after' | 'before'
  readonly reference?: Reference
  /** SQL condition over the column, checked at the statement, for example `visibility_timeout BETWEEN 0 AND 43200`. */
  readonly check?: string
  readonly equality: Equality
  /** Whether NULL may be sent to clear what was set; else an UPDATE from a value to NULL is refused at the statement. */
  readonly clearable: boolean
  /** Changing or clearing what is set stops, for a moment or for good, what uses the resource. */
  readonly interrupts?: boolean
  /**
   * Write-only text: encrypted at the statement, opened just before the call, never read back. Row, base and plan hold the
   * marker `secret:<version>`. `required` then means that an INSERT gives it; `check` is of the value.
   */
  readonly secret?: boolean
  /**
   * Bytes that may be many: kept once by their digest, and given to the mapper just before the call that sends them. Row,
   * base, plan and audit hold `sha256:<hex>`, which is also what the mapper tells of what the cloud has.
   */
  readonly content?: boolean
  /**
   * Says how calls are made and is never told by the cloud, such as what a delete leaves: base keeps what was last agreed
   * on, a change of it alone needs no call, and it is given to the mapper's delete.
   */
  readonly unread?: boolean
  /** What its expressions name cannot go as long as it says so: it is emptied before, to its default, where need be. */
  readonly holds?: boolean
  /** An output that is what the rows that `column`'s expressions name have in `of`: other rows may ask for another resource. */
  readonly follows?: { readonly column: string; readonly of: string }
  /**
   * While the row has one of these `values` in `column`, what this one names cannot be let go of: the resource is replaced
   * where that has to go first.
   */
  readonly keptWhere?: { readonly column: string; readonly values: readonly Json[] }
  /** An output that follows what others do: it may be another right after it was read. */
  readonly live?: boolean
  /** Absent: never. The calls that a plan predicts are counted by it. */
  readonly ownCall?: readonly OwnCall[]
  /** Name of the part of the resource that it says something of: columns of one part are sent by one `ownCall`. */
  readonly part?: string
  /** Name of a column without which this one says nothing: where a cycle is cut, both are sent, or cleared, together. */
  readonly with?: string
}

export type Columns = Readonly<Record<string, Column>>
