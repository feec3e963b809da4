/** Copies what iasql_platform has for one tenant's work from the database that it leaves into the one that it goes to. */
import { columnList, identifier } from '#engine/ddl/sql-text.ts'
import { cellTables } from '../cell-tables.ts'
import type { Queryable } from '../database.ts'
import { inPages, readPages } from '../statements/paging.ts'

interface Shape {
  /** But numbers that each database gives by itself. */
  readonly columns: readonly string[]
  readonly keys: readonly string[]
}

const shapeOf = async (db: Queryable, table: string): Promise<Shape> => {
  const [found] = await db.query<Shape>(
    `SELECT coalesce(jsonb_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.attidentity = ''), '[]') AS columns,
       coalesce(jsonb_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.attidentity = '' AND a.attnum = ANY (i.indkey)), '[]') AS keys
     FROM pg_catalog.pg_attribute a
     JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
     WHERE a.attrelid = pg_catalog.to_regclass('iasql_platform.' || :table) AND a.attnum > 0 AND NOT a.attisdropped`,
    { table },
  )
  return found ?? { columns: [], keys: [] }
}

/** `isBack`: into the directory, which has some of it at all times. Safe to repeat. */
export async function copyPlatformRows(
  { source, target, isBack }: { source: Queryable; target: Queryable; isBack: boolean },
  tenantId: string,
): Promise<void> {
  for (const { name, isKept, cleared } of cellTables) {
    if (isKept && isBack) continue
    const shape = await shapeOf(target, name)
    const found = await rowsOf(source, name, tenantId)
    const rows = cleared ? found.map((row) => ({ ...row, [cleared]: null })) : found
    if (!isKept) await deleteRows(target, name, tenantId)
    for (const page of inPages(rows)) await putRows(target, { name, shape }, page)
  }
}

/** What the directory goes on having stays there. */
export async function dropPlatformRows(db: Queryable, tenantId: string): Promise<void> {
  for (const { name, isKept } of cellTables) if (!isKept) await deleteRows(db, name, tenantId)
}

const rowsOf = async (db: Queryable, table: string, tenant: string): Promise<readonly object[]> => {
  const lines = await readPages<{ sort: number; body: object }>(
    db,
    `SELECT * FROM (SELECT row_number() OVER (ORDER BY r.ctid) AS sort, to_jsonb(r.*) AS body
       FROM iasql_platform.${identifier(table)} r WHERE r.tenant_id = :tenant) n
     WHERE n.sort > :after::bigint ORDER BY n.sort LIMIT :most::bigint`,
    { tenant },
  )
  return lines.map(({ body }) => body)
}

const deleteRows = (db: Queryable, table: string, tenant: string): Promise<number> =>
  db.run(`DELETE FROM iasql_platform.${identifier(table)} WHERE tenant_id = :tenant`, { tenant })

async function putRows(
  db: Queryable,
  { name, shape: { columns, keys } }: { readonly name: string; readonly shape: Shape },
  rows: readonly object[],
): Promise<void> {
  const table = `iasql_platform.${identifier(name)}`
  const others = columns.filter((column) => !keys.includes(column))
  const known = keys.length === 0 ? '' : ` (${columnList(keys)})`
  const settled =
    keys.length === 0 || others.length === 0
      ? 'DO NOTHING'
      : `DO UPDATE SET ${others.map((one) => `${identifier(one)} = excluded.${identifier(one)}`).join(', ')}`
  await db.run(
    `INSERT INTO ${table} (${columnList(columns)})
     SELECT ${columns.map((one) => `r.${identifier(one)}`).join(', ')}
     FROM jsonb_populate_recordset(NULL::${table}, :rows::jsonb) r ON CONFLICT${known} ${settled}`,
    { rows: JSON.stringify(rows) },
  )
}

/** What is the cell's own of a tenant's row goes back to the directory with it. */
export async function returnTenantRow(
  cell: Queryable,
  directory: Queryable,
  tenantId: string,
): Promise<void> {
  const [found] = await cell.query<{ row: object }>(
    'SELECT to_jsonb(t) AS row FROM iasql_platform.tenant t WHERE t.tenant_id = :tenant',
    { tenant: tenantId },
  )
  if (!found) return
  await directory.run(
    `UPDATE iasql_platform.tenant t SET schema_version = r.schema_version,
       schema_readable_since = r.schema_readable_since, fingerprint = r.fingerprint,
       upgrade_problem = r.upgrade_problem, secrets_rotated_at = r.secrets_rotated_at
     FROM jsonb_populate_record(NULL::iasql_platform.tenant, :row::jsonb) r WHERE t.tenant_id = :tenant`,
    { tenant: tenantId, row: JSON.stringify(found.row) },
  )
}
