/** Brings committed outputs into the tenant's rows; a row that somebody holds locked is left for the next try. */
import type { Columns } from '#engine/model/column.ts'
import { noteAuthor, noteAuthorInBlock } from '../author.ts'
import type { Queryable } from '../database.ts'
import { sqlstateOf } from '../database-error.ts'
import type { Tenant } from '../tenant.ts'
import { projectOneByOneSql } from './resource-project-each.ts'
import { type Due, dueSql } from './resource-unprojected.ts'
import { shortWaits } from './short-waits.ts'

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

/** What is refused is not tried again before its time has come, unless all is to be tried. */
export async function projectOutputs(
  db: Queryable,
  tenant: Tenant,
  table: ManagedTable,
  due: Due = 'due',
): Promise<Projected> {
  try {
    const [all] = await db.query<{ left: number }>(
      projectSql(tenant.schema, table, {
        isDue: `r.table_name = :table AND ${dueSql(due)}`,
        author: noteAuthor,
      }),
      { table: table.name },
    )
    return { left: all?.left ?? 0, refused: [] }
  } catch (error) {
    if (!isRefused(error) && !isHeld(error)) throw error
  }
  return await projectEach(db, tenant, table, due)
}

/** Rows of one block: it holds all that it has written until it ends. */
const blockRows = 200
/** The rest comes with the next try, so that a tenant with many does not take up everybody's time. */
const mostBlocks = 10

async function projectEach(db: Queryable, tenant: Tenant, table: ManagedTable, due: Due): Promise<Projected> {
  const rows = await dueRows(db, tenant, table.name, due)
  const ids = [...rows.keys()]
  for (let from = 0; from < ids.length; from += blockRows) {
    const block = ids.slice(from, from + blockRows)
    const each = projectSql(tenant.schema, table, {
      isDue: `r.unprojected IS NOT NULL AND r.resource_id = one.resource_id`,
      author: noteAuthorInBlock,
    })
    try {
      await db.run(projectOneByOneSql(tenant.schema, block, each))
    } catch (error) {
      if (!isRefused(error) && !isHeld(error)) throw error
    }
  }
  return {
    left: await countDue(db, tenant, table.name),
    refused: await refusals(db, tenant, table.name, rows),
  }
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
  due: Due,
): Promise<ReadonlyMap<number, number>> {
  const rows = await db.query<{ resource_id: number; row_id: number }>(
    `SELECT r.resource_id, r.row_id FROM ${t}.iasql_resource r WHERE r.table_name = :table AND ${dueSql(due)}
     ORDER BY r.resource_id LIMIT ${mostBlocks * blockRows}`,
    { table },
  )
  return new Map(rows.map((row) => [row.resource_id, row.row_id]))
}

async function countDue(db: Queryable, { schema: t }: Tenant, table: string): Promise<number> {
  const [due] = await db.query<{ count: number }>(
    `SELECT count(*) AS count FROM ${t}.iasql_resource r WHERE r.table_name = :table AND ${dueSql('due')}`,
    { table },
  )
  return due?.count ?? 0
}

/** More are not told of. */
const mostTold = 500

async function refusals(
  db: Queryable,
  { schema: t }: Tenant,
  table: string,
  tried: ReadonlyMap<number, number>,
): Promise<readonly RefusedProjection[]> {
  const rows = await db.query<{ resource_id: number; message: string }>(
    `SELECT resource_id, left(unprojected->'refused'->>'message', 500) AS message FROM ${t}.iasql_resource
     WHERE table_name = :table AND unprojected ? 'refused' ORDER BY resource_id LIMIT ${mostTold}`,
    { table },
  )
  return rows.flatMap(({ resource_id: resourceId, message }) => {
    const rowId = tried.get(resourceId)
    const told = `${table} ${rowId} cannot take over what the cloud has: ${message}`
    return rowId === undefined ? [] : [{ resourceId, message: told }]
  })
}

interface Projecting {
  /** A condition over the resource `r`. */
  readonly isDue: string
  /** A part of its FROM clause. */
  readonly author: string
}

function projectSql(t: string, table: ManagedTable, { isDue, author }: Projecting): string {
  const assignments = Object.entries(table.columns).map(([name, { nature }]) =>
    assignment(name, nature === 'output'),
  )
  return `WITH due AS (
       SELECT r.resource_id, r.row_id, r.unprojected,
         jsonb_populate_record(NULL::${t}."${table.name}", r.unprojected->'write') AS projected
       FROM ${t}.iasql_resource r, ${shortWaits}, ${author} WHERE ${isDue} FOR UPDATE OF r SKIP LOCKED),
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
