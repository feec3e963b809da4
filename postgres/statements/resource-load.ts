/** Resources as decisions need them: the tenant's row, base, observed, newest edit and open claim, joined in one pass. */

import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Projection } from '#engine/merge/projection.ts'
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Database } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import type { Drift } from './drift-merge.ts'
import { isOpen } from './open-change.ts'
import { readFitting } from './paging.ts'
import { type Selection, selectRows } from './resource-select.ts'

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
  /** Raised whenever what the cloud has of the user's columns, or by which id, is another than before. */
  readonly observed_version: number | null
  readonly written_at: string | null
  readonly companion_of: number | null
  /** Not ours: what our resources refer to, or what a list of our places shows too. */
  readonly external: boolean | null
  /** What the cloud has otherwise. */
  readonly drift: Drift | null
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

/** As it is read: what the cloud has is left out where it is as agreed, which is nearly everywhere. */
type StoredRecord = ResourceRecord & {
  readonly is_as_agreed: boolean
  readonly unprojected: Projection | null
}

const recordSql = (t: string, table: string): string => `
  SELECT s.row_id AS sort, s.row_id, row_to_json(q.*) AS desired, r.resource_id, r.account_id, r.region, r.cloud_id, r.base, r.base_version,
    CASE WHEN r.observed IS DISTINCT FROM r.base THEN r.observed END AS observed,
    r.observed IS NOT DISTINCT FROM r.base AS is_as_agreed, r.observed_version, r.written_at, r.unprojected,
    r.companion_of, r.external, r.drift, r.natural_name, n.version, n.at AS edited_at, n.companion, coalesce(c.actor, n.login) AS actor,
    (SELECT k.execution_id FROM ${t}.iasql_change_record k
      WHERE k.table_name = :table AND k.row_id = s.row_id AND k.execution_id IS NOT NULL
        AND ${isOpen('k')}) AS claimed_by,
    EXISTS (SELECT FROM ${t}.iasql_intent i
      WHERE i.table_name = :table AND i.row_id = s.row_id AND i.token IS NOT NULL) AS is_unsettled
  FROM (SELECT value::bigint AS row_id FROM jsonb_array_elements_text(:ids::jsonb)) s
  LEFT JOIN ${t}.iasql_resource r ON r.table_name = :table AND r.row_id = s.row_id
  LEFT JOIN LATERAL (SELECT e.edit_id AS version, e.at, e.companion, e.login, e.xid FROM ${t}.iasql_edit e
    WHERE e.table_name = :table AND e.row_id = s.row_id
    ORDER BY e.edit_id DESC LIMIT 1) n ON true
  LEFT JOIN ${t}.iasql_commit c ON c.xid = n.xid
  LEFT JOIN ${t}."${table}" q ON q.id = s.row_id`

/** From so many rows on two connections share them: the database works while a page is taken apart here. */
const fewRows = 1_000

/** Rows of one managed table, in order of row id; not within a transaction, which has one connection only. */
export async function loadResources(
  db: Database,
  tenant: Tenant,
  table: string,
  selection: Selection,
): Promise<readonly ResourceRecord[]> {
  const ids = await selectRows(db, tenant, table, selection)
  const middle = ids.length > fewRows ? Math.ceil(ids.length / 2) : ids.length
  const parts = [ids.slice(0, middle), ids.slice(middle)]
  return (await Promise.all(parts.map((part) => loadRecords(db, tenant, table, part)))).flat()
}

async function loadRecords(
  db: Database,
  tenant: Tenant,
  table: string,
  ids: readonly number[],
): Promise<readonly ResourceRecord[]> {
  const sql = recordSql(tenant.schema, table)
  const records: ResourceRecord[] = []
  let most = 200
  while (records.length < ids.length) {
    const page = JSON.stringify(ids.slice(records.length, records.length + most))
    const { rows, next } = await readFitting<StoredRecord>(db, sql, { table, ids: page })
    for (const row of rows) records.push(recordOf(row))
    most = next
  }
  return records
}

function recordOf({ is_as_agreed: isAsAgreed, unprojected, ...record }: StoredRecord): ResourceRecord {
  return {
    ...record,
    desired: withProjection(record.desired, unprojected),
    observed: isAsAgreed ? record.base : record.observed,
    written_at: isoTime(record.written_at),
    edited_at: isoTime(record.edited_at),
  }
}

/** The row as it will be: what is on its way there was agreed on, and its absence is nobody's edit. */
function withProjection(row: Row | null, coming: Projection | null): Row | null {
  if (!row || !coming) return row
  const isAsExpected = (name: string): boolean =>
    canonicalJson(row[name] ?? null) === canonicalJson(coming.expected[name] ?? null)
  const write = Object.entries(coming.write).filter(([name]) => isAsExpected(name))
  return { ...row, ...Object.fromEntries(write) }
}

const isoTime = (time: string | null): string | null => (time === null ? null : new Date(time).toISOString())
