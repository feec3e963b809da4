/** Resources as decisions need them: the tenant's row, base, observed, newest edit and open claim, joined in one pass. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable, SqlParameters } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { fitting } from './paging.ts'

export interface ResourceRecord {
  readonly row_id: number
  /** The whole row of the managed table, with id, account_id and region; null when it is gone. */
  readonly desired: Row | null
  readonly resource_id: number | null
  readonly account_id: string | null
  readonly region: string | null
  readonly cloud_id: CloudId | null
  readonly base: Row | null
  readonly base_version: number | null
  readonly observed: Row | null
  readonly written_at: string | null
  readonly companion_of: number | null
  readonly natural_name: string | null
  /** Newest edit that is not consumed yet. */
  readonly version: number | null
  readonly edited_at: string | null
  readonly companion: boolean | null
  readonly actor: string | null
  /** The open execution that works on this resource. */
  readonly claimed_by: number | null
  /** A create of it was called and nobody knows what became of it. */
  readonly is_unsettled: boolean
}

export type Selection =
  | { readonly kind: 'dirty' }
  | { readonly kind: 'rows'; readonly ids: readonly number[] }
  | { readonly kind: 'values'; readonly column: string; readonly values: readonly (string | number)[] }
  | { readonly kind: 'place'; readonly accountId: string | null; readonly region: string | null }

const selections = {
  dirty: (t: string) => `
    SELECT DISTINCT e.row_id FROM ${t}.iasql_edit e LEFT JOIN ${t}.iasql_resource k USING (table_name, row_id)
    WHERE e.table_name = :table AND e.edit_id > coalesce(k.base_version, 0)`,
  rows: () => `SELECT value::bigint AS row_id FROM jsonb_array_elements_text(:ids::jsonb)`,
  values: (t: string, table: string, column: string) => `
    SELECT id AS row_id FROM ${t}."${table}"
    WHERE "${column}"::text IN (SELECT value FROM jsonb_array_elements_text(:values::jsonb))`,
  place: (t: string, table: string, placed: PlaceColumns) => `
    SELECT id AS row_id FROM ${t}."${table}"
    WHERE ${placed.account ? 'account_id = :account' : 'true'} AND ${placed.region ? 'region = :region' : 'true'}
    UNION SELECT k.row_id FROM ${t}.iasql_resource k WHERE k.table_name = :table
      AND k.account_id IS NOT DISTINCT FROM :account::text AND k.region IS NOT DISTINCT FROM :region::text`,
}

interface PlaceColumns {
  readonly account: boolean
  readonly region: boolean
}

function selectionOf(
  t: string,
  table: string,
  selection: Selection,
): { readonly sql: string; readonly parameters: SqlParameters } {
  switch (selection.kind) {
    case 'dirty':
      return { sql: selections.dirty(t), parameters: {} }
    case 'rows':
      return { sql: selections.rows(), parameters: { ids: JSON.stringify(selection.ids) } }
    case 'values':
      return {
        sql: selections.values(t, table, selection.column),
        parameters: { values: JSON.stringify(selection.values) },
      }
    case 'place': {
      const placed = { account: selection.accountId !== null, region: selection.region !== null }
      return {
        sql: selections.place(t, table, placed),
        parameters: { account: selection.accountId, region: selection.region },
      }
    }
  }
}

const firstPage = 500
const largestPage = 2_000

const loadSql = (t: string, table: string, selected: string): string =>
  fitting(`
    SELECT s.row_id AS sort, s.row_id, to_jsonb(q.*) AS desired,
      r.resource_id, r.account_id, r.region, r.cloud_id, r.base, r.base_version, r.observed, r.written_at,
      r.companion_of, r.natural_name, v.version, n.at AS edited_at, n.companion, coalesce(c.actor, n.login) AS actor,
      (SELECT k.execution_id FROM ${t}.iasql_change_record k
        WHERE k.table_name = :table AND k.row_id = s.row_id AND k.execution_id IS NOT NULL
          AND k.state IN ('pending', 'started', 'waiting')) AS claimed_by,
      EXISTS (SELECT FROM ${t}.iasql_intent i
        WHERE i.table_name = :table AND i.row_id = s.row_id AND i.token IS NOT NULL) AS is_unsettled
    FROM (SELECT w.row_id FROM (${selected}) w WHERE w.row_id > :after::bigint ORDER BY w.row_id LIMIT :most::int) s
    LEFT JOIN ${t}.iasql_resource r ON r.table_name = :table AND r.row_id = s.row_id
    LEFT JOIN LATERAL (SELECT max(e.edit_id) AS version FROM ${t}.iasql_edit e
      WHERE e.table_name = :table AND e.row_id = s.row_id AND e.edit_id > coalesce(r.base_version, 0)) v ON true
    LEFT JOIN ${t}.iasql_edit n ON n.edit_id = v.version
    LEFT JOIN ${t}.iasql_commit c ON c.xid = n.xid
    LEFT JOIN ${t}."${table}" q ON q.id = s.row_id`)

/** Rows of one managed table, in order of row id. */
export async function loadResources(
  db: Queryable,
  tenant: Tenant,
  table: string,
  selection: Selection,
): Promise<readonly ResourceRecord[]> {
  const selected = selectionOf(tenant.schema, table, selection)
  const sql = loadSql(tenant.schema, table, selected.sql)
  const records: ResourceRecord[] = []
  let after = Number.MIN_SAFE_INTEGER
  let most = firstPage
  for (;;) {
    const page = await db.query<ResourceRecord>(sql, { ...selected.parameters, table, after, most })
    if (page.length === 0) return records
    records.push(...page)
    after = page.at(-1)?.row_id ?? after
    // What does not fit was computed for nothing: the next page asks for about what fitted.
    most = page.length < most ? Math.max(1, page.length) : Math.min(most * 2, largestPage)
  }
}
