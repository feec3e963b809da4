/** Imports what the cloud has and no row describes: the tenant's row and the engine's record in one statement. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import { noteAuthor } from '../author.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'
import { shortWaits } from './short-waits.ts'

export interface ImportedRow {
  readonly cloudId: CloudId
  /** All columns but the local ones; references as row ids. */
  readonly row: Row
  readonly naturalName: string | null
  /** Resource id of the parent that AWS made it with. */
  readonly companionOf: number | null
  /** Absent: it is ours. `isListed`: a list of its place shows it, not only a reference of another one. */
  readonly external?: { readonly isListed: boolean }
}

export interface NewResource {
  readonly resource_id: number
  readonly row_id: number
  readonly cloud_id: CloudId
}

export async function importResources(
  db: Queryable,
  tenant: Tenant,
  type: TableSpec,
  place: RowPlace,
  rows: readonly ImportedRow[],
): Promise<readonly NewResource[]> {
  const sql = importSql(tenant.schema, type)
  const made: NewResource[] = []
  for (const page of inPages(rows.map((row) => ({ ...row, values: insertable(type, place, row.row) })))) {
    made.push(
      ...(await db.query<NewResource>(sql, {
        table: type.name,
        account: place.accountId,
        region: place.region,
        rows: JSON.stringify(page),
      })),
    )
  }
  return made
}

const known = (type: TableSpec): readonly string[] =>
  Object.entries(type.columns).flatMap(([name, { nature }]) => (nature === 'local' ? [] : [name]))

const placeColumns = { regional: ['account_id', 'region'], global: ['account_id'], tenant: [] } as const

/** A column that is NOT NULL DEFAULT takes its default where the cloud says nothing. */
function insertable(type: TableSpec, place: RowPlace, row: Row): Row {
  const values = known(type).map((name) => [name, row[name] ?? type.columns[name]?.default ?? null])
  // A table of the tenant itself may have a column region of its own.
  return { account_id: place.accountId, region: place.region, ...Object.fromEntries(values) }
}

function importSql(t: string, type: TableSpec): string {
  const columns = [...known(type), ...placeColumns[type.place]].map((name) => `"${name}"`)
  return `WITH r AS MATERIALIZED (
      SELECT nextval(pg_get_serial_sequence('${t}."${type.name}"', 'id')) AS new_id, value AS item
      FROM jsonb_array_elements(:rows::jsonb), ${shortWaits}, ${noteAuthor}),
    made AS (
      INSERT INTO ${t}."${type.name}" (${['id', ...columns].join(', ')})
      SELECT ${['r.new_id', ...columns.map((column) => `p.${column}`)].join(', ')}
      FROM r CROSS JOIN LATERAL jsonb_populate_record(NULL::${t}."${type.name}", r.item->'values') p)
    INSERT INTO ${t}.iasql_resource (table_name, row_id, account_id, region, natural_name, cloud_id, base, observed,
      observed_at, companion_of, external, listed)
    SELECT :table, new_id, :account::text, :region::text, item->>'naturalName', item->'cloudId', item->'row',
      item->'row', clock_timestamp(), (item->>'companionOf')::bigint,
      item ? 'external', coalesce((item->'external'->>'isListed')::boolean, true) FROM r
    RETURNING resource_id, row_id, cloud_id`
}
