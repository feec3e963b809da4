/** Brings committed outputs into the tenant's rows; a row that somebody holds locked is left for the next try. */
import type { Columns } from '#engine/model/column.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import { databaseErrorOf, sqlstateOf } from '../database-error.ts'
import type { Tenant } from '../tenant.ts'
import { shortWaits } from './short-waits.ts'

export interface Projection {
  /** Columns to write. */
  readonly write: Row
  /** What the row was seen to hold there; a column that holds something else by now is the user's. */
  readonly expected: Row
}

const isUnchanged = (name: string): string =>
  `(u.unprojected->'write' ? '${name}'
     AND coalesce(to_jsonb(q."${name}"), 'null') = coalesce(u.unprojected->'expected'->'${name}', 'null'))`

const assignment = (name: string, isOutput: boolean): string =>
  `"${name}" = CASE WHEN ${isOutput ? `u.unprojected->'write' ? '${name}'` : isUnchanged(name)}
     THEN (u.projected)."${name}" ELSE q."${name}" END`

/** A resource whose row cannot take what the cloud has, for example because another row has the name. */
export interface RefusedProjection {
  readonly resourceId: number
  /** A sentence for people. */
  readonly message: string
}

export interface Projected {
  /** The number of resources whose outputs are still not in their rows, because somebody holds these. */
  readonly left: number
  readonly refused: readonly RefusedProjection[]
}

interface ManagedTable {
  readonly name: string
  readonly columns: Columns
}

export async function projectOutputs(db: Queryable, tenant: Tenant, table: ManagedTable): Promise<Projected> {
  try {
    return { left: await project(db, tenant, table, null), refused: [] }
  } catch (error) {
    if (!isRefused(error) && !isHeld(error)) throw error
  }
  const rows = await dueRows(db, tenant, table.name)
  const due = [...rows.keys()]
  let now = await projectEach(db, tenant, table, due)
  // What took a name may have given one up, and a refusal is heard of before its locks are gone: once more.
  for (let round = 1; round < mostRounds && now.refused.length + now.left > 0; round += 1) {
    now = await projectEach(db, tenant, table, due)
  }
  return { ...now, refused: now.refused.map((one) => ({ ...one, message: sentence(table, rows, one) })) }
}

/** Of attempts at what is refused or held. */
const mostRounds = 4

const sentence = (
  { name }: ManagedTable,
  rows: ReadonlyMap<number, number>,
  { resourceId, message }: RefusedProjection,
): string => `${name} ${rows.get(resourceId)} cannot take over what the cloud has: ${message}`

/** Halves what is refused together, so that the rows in the way are the only ones that are left. */
async function projectEach(
  db: Queryable,
  tenant: Tenant,
  table: ManagedTable,
  ids: readonly number[],
): Promise<Projected> {
  try {
    return { left: await project(db, tenant, table, ids), refused: [] }
  } catch (error) {
    if (isHeld(error)) return { left: ids.length, refused: [] }
    if (!isRefused(error)) throw error
    const [only] = ids
    if (ids.length === 1 && only !== undefined) {
      const { message = '', detail } = databaseErrorOf(error) ?? {}
      return { left: 0, refused: [{ resourceId: only, message: detail ?? message }] }
    }
  }
  const middle = Math.ceil(ids.length / 2)
  const first = await projectEach(db, tenant, table, ids.slice(0, middle))
  const second = await projectEach(db, tenant, table, ids.slice(middle))
  return { left: first.left + second.left, refused: [...first.refused, ...second.refused] }
}

/** Class 23 of SQLSTATEs: a name that is taken, a value that a check does not let pass. */
const isRefused = (error: unknown): boolean => sqlstateOf(error)?.startsWith('23') ?? false

/** What the rows refer to, or the name that they get, is held by a transaction: lock not available, deadlock. */
const isHeld = (error: unknown): boolean => ['55P03', '40P01'].includes(sqlstateOf(error) ?? '')

/** Row ids by resource id. */
async function dueRows(
  db: Queryable,
  { schema: t }: Tenant,
  table: string,
): Promise<ReadonlyMap<number, number>> {
  const rows = await db.query<{ resource_id: number; row_id: number }>(
    `SELECT resource_id, row_id FROM ${t}.iasql_resource WHERE table_name = :table AND unprojected IS NOT NULL
     ORDER BY resource_id LIMIT 20000`,
    { table },
  )
  return new Map(rows.map((row) => [row.resource_id, row.row_id]))
}

/** Of these resources, or of all that are due. */
async function project(
  db: Queryable,
  tenant: Tenant,
  table: ManagedTable,
  ids: readonly number[] | null,
): Promise<number> {
  const parameters = { table: table.name, ...(ids ? { ids: JSON.stringify(ids) } : {}) }
  const rows = await db.query<{ left: number }>(projectSql(tenant.schema, table, ids !== null), parameters)
  return rows[0]?.left ?? 0
}

function projectSql(t: string, table: ManagedTable, hasIds: boolean): string {
  const assignments = Object.entries(table.columns).map(([name, { nature }]) =>
    assignment(name, nature === 'output'),
  )
  const isDue = `r.table_name = :table AND r.unprojected IS NOT NULL${
    hasIds ? ' AND r.resource_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))' : ''
  }`
  return `WITH due AS (
       SELECT r.resource_id, r.row_id, r.unprojected,
         jsonb_populate_record(NULL::${t}."${table.name}", r.unprojected->'write') AS projected
       FROM ${t}.iasql_resource r, ${shortWaits} WHERE ${isDue} FOR UPDATE OF r SKIP LOCKED),
     free AS (
       SELECT id FROM ${t}."${table.name}" WHERE id IN (SELECT row_id FROM due) FOR UPDATE SKIP LOCKED),
     written AS (
       UPDATE ${t}."${table.name}" q SET ${assignments.join(', ')}
       FROM due u, free WHERE q.id = u.row_id AND free.id = q.id RETURNING q.id),
     cleared AS (
       UPDATE ${t}.iasql_resource r SET unprojected = NULL FROM due u
       WHERE r.resource_id = u.resource_id AND (u.row_id IN (SELECT id FROM written)
         OR NOT EXISTS (SELECT FROM ${t}."${table.name}" q WHERE q.id = u.row_id))
       RETURNING r.resource_id)
     SELECT (SELECT count(*) FROM ${t}.iasql_resource r WHERE ${isDue}) - (SELECT count(*) FROM cleared) AS left`
}
