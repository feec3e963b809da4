/** Rows of a managed table as they were: locked and read, put back, changed back, taken away. */
import type { Row } from '#engine/model/json.ts'
import { noteAuthor } from '../author.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages, readPages } from './paging.ts'
import { idsAtATime } from './resource-free.ts'

/** Whoever holds one of the rows is waited for so long (SQLSTATE 55P03). */
const patientWaits = `(SELECT pg_catalog.set_config('lock_timeout', '5s', true)) patient_waits`

/** Nobody else edits these rows until the transaction ends. */
export async function lockRows(
  transaction: Queryable,
  { schema: t }: Tenant,
  table: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Row>> {
  const found = new Map<number, Row>()
  for (const page of inPages(ids, 5_000)) {
    const given = { ids: JSON.stringify(page) }
    const among = 'SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb)'
    await transaction.query(
      `SELECT count(*) AS n FROM (
         SELECT q.id FROM ${t}."${table}" q, ${patientWaits} WHERE q.id IN (${among}) ORDER BY q.id FOR UPDATE OF q) l`,
      given,
    )
    const rows = await readPages<{ readonly sort: number; readonly row: Row }>(
      transaction,
      `SELECT q.id AS sort, to_jsonb(q.*) AS row FROM ${t}."${table}" q
       WHERE q.id IN (${among}) AND q.id > :after::bigint ORDER BY q.id LIMIT :most::int`,
      given,
    )
    for (const { sort, row } of rows) found.set(sort, row)
  }
  return found
}

export interface RestoredRow {
  readonly rowId: number
  readonly values: Row
}

/** Only the columns that the rows name are written; all rows name the same ones. */
export async function insertRows(
  transaction: Queryable,
  { schema: t }: Tenant,
  table: string,
  rows: readonly RestoredRow[],
): Promise<void> {
  const columns = ['id', ...Object.keys(rows[0]?.values ?? {}).filter((name) => name !== 'id')]
  const named = (alias: string): string => columns.map((name) => `${alias}"${name}"`).join(', ')
  for (const page of inPages(rows.map(({ rowId, values }) => ({ ...values, id: rowId })))) {
    await transaction.run(
      `INSERT INTO ${t}."${table}" (${named('')})
       SELECT ${named('p.')} FROM jsonb_populate_recordset(NULL::${t}."${table}", :rows::jsonb) p, ${noteAuthor}`,
      { rows: JSON.stringify(page) },
    )
  }
}

/** Each row's own columns; the others stay as they are. */
export async function updateRows(
  transaction: Queryable,
  { schema: t }: Tenant,
  table: string,
  rows: readonly RestoredRow[],
): Promise<number> {
  const columns = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))]
  if (columns.length === 0) return 0
  const assigned = columns
    .map((name) => `"${name}" = CASE WHEN r.item ? '${name}' THEN p."${name}" ELSE q."${name}" END`)
    .join(', ')
  let changed = 0
  for (const page of inPages(rows.map(({ rowId, values }) => ({ ...values, id: rowId })))) {
    changed += await transaction.run(
      `UPDATE ${t}."${table}" q SET ${assigned}
       FROM (SELECT value AS item FROM jsonb_array_elements(:rows::jsonb)) r
       CROSS JOIN LATERAL jsonb_populate_record(NULL::${t}."${table}", r.item) p, ${noteAuthor}
       WHERE q.id = (r.item->>'id')::bigint`,
      { rows: JSON.stringify(page) },
    )
  }
  return changed
}

/** How many went: rows that are protected stay. */
export async function removeRows(
  transaction: Queryable,
  tenant: Tenant,
  table: string,
  ids: readonly number[],
): Promise<number> {
  let gone = 0
  for (const page of inPages(ids, idsAtATime)) {
    const count = await deleteRows(transaction, tenant, table, page)
    gone += count === page.length ? count : await removeOneByOne(transaction, tenant, table, page)
  }
  return gone
}

/** What AWS made along with a parent that stays, a DELETE takes by itself alone, and counts it among none. */
async function removeOneByOne(
  transaction: Queryable,
  tenant: Tenant,
  table: string,
  ids: readonly number[],
): Promise<number> {
  for (const id of await standing(transaction, tenant, table, ids))
    await deleteRows(transaction, tenant, table, [id])
  return ids.length - (await standing(transaction, tenant, table, ids)).length
}

const amongIds = 'IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))'

const deleteRows = (
  transaction: Queryable,
  { schema: t }: Tenant,
  table: string,
  ids: readonly number[],
): Promise<number> =>
  transaction.run(`DELETE FROM ${t}."${table}" q USING ${noteAuthor} WHERE q.id ${amongIds}`, {
    ids: JSON.stringify(ids),
  })

async function standing(
  transaction: Queryable,
  { schema: t }: Tenant,
  table: string,
  ids: readonly number[],
): Promise<readonly number[]> {
  const rows = await transaction.query<{ id: number }>(
    `SELECT q.id FROM ${t}."${table}" q WHERE q.id ${amongIds}`,
    { ids: JSON.stringify(ids) },
  )
  return rows.map(({ id }) => id)
}
