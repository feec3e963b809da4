/** A resource type without its mapper: everything that decisions, DDL and documentation need to know of a table. */
import type { Columns } from './column.ts'
import type { Json } from './json.ts'

export interface Check {
  readonly sql: string
  readonly message: string
  /** Held to when the transaction ends, as what it asks for may come by a statement of its own: lines of a resource. */
  readonly late?: boolean
}

/** Rows that a user may not delete or replace: their own condition, or one on the row that `through` references. */
export interface Protection {
  /** SQL condition over the columns of the row (or of the referenced row when `through` is given). */
  readonly when: string
  /** Reference column by which the protecting row is found. */
  readonly through?: string
  readonly message: string
}

/** This table's resources that AWS makes and deletes along with a parent. */
export interface CreatedWith {
  /** Qualified parent table, and the reference column of this table that names the parent. */
  readonly parent: string
  readonly via: string
  /** Users may replace it while the parent stands, or end it: by a DELETE of that row alone, as one of several leaves it. */
  readonly removable?: boolean
}

/**
 * Rows of another table that are made before those of this one and end after them, though no column names them: both lead to
 * the same row. A NAT gateway, by its subnet, and an internet gateway lead to one VPC.
 */
export interface ComesAfter {
  /** Qualified table of the others, and those columns of it that lead to the shared row. */
  readonly table: string
  readonly by: readonly string[]
  /** The way there from here: a column of this table, then a column of what that leads to, and so on. */
  readonly via: readonly string[]
  /** Only of rows that have one of these `values` in `column`. */
  readonly where?: { readonly column: string; readonly values: readonly Json[] }
}

/** Rows whose writes share a call: by the columns that have the same values in all of them. */
export interface GroupedCalls {
  readonly by: Readonly<Record<'create' | 'update' | 'delete', readonly string[]>>
  /** Most rows of one call. */
  readonly max: number
}

export interface Estimates {
  readonly createMs: number
  readonly updateMs: number
  readonly deleteMs: number
}

export interface TableSpec {
  /** Module name, for example `aws_vpc`. */
  readonly module: string
  /** Table name, for example `vpc`; unique over all modules. */
  readonly name: string
  readonly description: string
  /** `regional`: account_id and region columns; `global`: account_id; `tenant`: neither (such as aws_regions). */
  readonly place: 'regional' | 'global' | 'tenant'
  /** Columns whose values people know a row by; unique within its place when `uniqueKey`. */
  readonly naturalKey: readonly string[]
  readonly uniqueKey: boolean
  /** Whether null is a value like any other in that key: two rows that lack it are the same. */
  readonly nullsAlike?: boolean
  readonly columns: Columns
  readonly checks: readonly Check[]
  /** `full`: INSERT, UPDATE, DELETE; `read`: SELECT only, apart from UPDATE of `writable` columns. */
  readonly access: 'full' | 'read'
  readonly writable: readonly string[]
  /** Milliseconds after a write during which reads of AWS may still lag (published or observed figure). */
  readonly settleMs: number
  readonly protects: readonly Protection[]
  readonly createdWith: readonly CreatedWith[]
  /** What rows come after beside what they refer to. Absent: nothing. */
  readonly after?: readonly ComesAfter[]
  /** Whether the cloud id is a name that the user gives: look it up before a create (adoption), collide on replace. */
  readonly named: boolean
  readonly estimates: Estimates
  /** Absent: a call each. */
  readonly grouped?: GroupedCalls
  /** `false`: with such a resource goes the service it gives, but nothing that was stored. Absent: data. */
  readonly holdsData?: boolean
}

/** `aws_vpc.vpc` */
export const qualifiedName = (table: Pick<TableSpec, 'module' | 'name'>): string =>
  `${table.module}.${table.name}`

/** Columns that are the cloud's. */
export const outputColumns = ({ columns }: Pick<TableSpec, 'columns'>): readonly string[] =>
  Object.entries(columns).flatMap(([name, { nature }]) => (nature === 'output' ? [name] : []))
