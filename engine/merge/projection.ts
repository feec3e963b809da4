/** What the cloud has to bring into a tenant's row, and what the row must still hold for that. */
import type { Json, Row } from '#engine/model/json.ts'

/** A type and not an interface, so that it is JSON as it stands. */
export type Projection = {
  /** Columns to write. */
  readonly write: Row
  /** What the row was seen to hold there; a column that holds something else by now is the user's. */
  readonly expected: Row
}

export const projectionOf = (write: Row, desired: Row): Projection => ({
  write,
  expected: Object.fromEntries(
    Object.keys(write).map((name): [string, Json] => [name, desired[name] ?? null]),
  ),
})

/** Null where there is nothing to write. */
export const projectionIfAny = (write: Row, desired: Row): Projection | null =>
  Object.keys(write).length > 0 ? projectionOf(write, desired) : null
