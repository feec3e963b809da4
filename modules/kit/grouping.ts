/** How rows share calls: what a grouped write is told of each, and what it answers. */
import type { CloudApi, Outcome, Token } from '#engine/model/cloud.ts'
import type { IasqlError } from '#engine/model/error.ts'
import type { ColumnDelta, Resolved } from './row.ts'

/** One row's part of a call; `row` is as a mapper's create, update or delete would be given it. */
export interface CreateWrite<Row> {
  readonly kind: 'create'
  readonly row: Resolved<Row>
  readonly token: Token
}
export interface UpdateWrite<Row, Seen> {
  readonly kind: 'update'
  readonly row: Resolved<Row>
  readonly seen: Seen
  readonly delta: ColumnDelta<Row>
  readonly token: Token
}
export interface DeleteWrite<Row, Seen> {
  readonly kind: 'delete'
  readonly row: Resolved<Row>
  readonly seen: Seen
}
export type RowWrite<Row, Seen> = CreateWrite<Row> | UpdateWrite<Row, Seen> | DeleteWrite<Row, Seen>

/** What became of one row; an error is of this row alone. */
export type RowOutcome = Outcome | IasqlError

/**
 * Each gets writes of one group, and gives an outcome for each in their order. What it throws is the refusal of the whole:
 * nothing of it was done, or nobody knows.
 */
interface GroupWrites<Row, Seen> {
  create(writes: readonly CreateWrite<Row>[], cloud: CloudApi): Promise<readonly RowOutcome[]>
  update(writes: readonly UpdateWrite<Row, Seen>[], cloud: CloudApi): Promise<readonly RowOutcome[]>
  delete(writes: readonly DeleteWrite<Row, Seen>[], cloud: CloudApi): Promise<readonly RowOutcome[]>
}

export interface Grouping<Row, Seen> {
  /** Columns whose values rows of one call share. */
  readonly by: Readonly<Record<RowWrite<Row, Seen>['kind'], readonly (keyof Row & string)[]>>
  /** Most rows of one call. */
  readonly max: number
  readonly write: GroupWrites<Row, Seen>
}
