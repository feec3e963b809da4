/** Which rows of a managed table are meant: their ids, read once, so that loading them is linear in their number. */
import type { Queryable, SqlParameters } from '../database.ts'
import { effectivePolicy } from '../effective-policy.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export type Selection =
  | { readonly kind: 'dirty' }
  | { readonly kind: 'rows'; readonly ids: readonly number[] }
  | { readonly kind: 'values'; readonly column: string; readonly values: readonly (string | number)[] }
  | { readonly kind: 'place'; readonly accountId: string | null; readonly region: string | null }

interface IdQuery {
  readonly sql: string
  readonly parameters: SqlParameters
}

function idQueries(
  t: string,
  table: string,
  selection: Exclude<Selection, { kind: 'rows' }>,
): readonly IdQuery[] {
  switch (selection.kind) {
    case 'dirty':
      return [{ sql: dirty(t), parameters: { table } }]
    case 'values':
      return [...inPages(selection.values, 20_000)].map((values) => ({
        sql: valued(t, table, selection.column, values),
        parameters: { values: JSON.stringify(values) },
      }))
    case 'place': {
      const { accountId, region } = selection
      return [{ sql: placed(t, table, selection), parameters: { table, account: accountId, region } }]
    }
  }
}

/** Edited rows, and those that differ from the cloud where that may not only be looked at. */
const dirty = (t: string): string => `
  SELECT DISTINCT e.row_id AS id FROM ${t}.iasql_edit e WHERE e.table_name = :table
  UNION SELECT k.row_id FROM ${t}.iasql_resource k WHERE k.table_name = :table AND k.drift IS NOT NULL
    AND EXISTS (SELECT FROM jsonb_object_keys(k.drift) AS d (name)
      WHERE ${effectivePolicy(t, { table: 'k.table_name', row: 'k.row_id', column: 'd.name' })} <> 'observe')`

/** Without a cast of the column, which would keep its index from being used. */
const valued = (t: string, table: string, column: string, values: readonly (string | number)[]): string => `
  SELECT id FROM ${t}."${table}" WHERE "${column}" IN (
    SELECT value::${typeof values[0] === 'number' ? 'bigint' : 'text'} FROM jsonb_array_elements_text(:values::jsonb))`

const placed = (
  t: string,
  table: string,
  { accountId, region }: { readonly accountId: string | null; readonly region: string | null },
): string => `
  SELECT id FROM ${t}."${table}"
  WHERE ${accountId === null ? 'true' : 'account_id = :account'} AND ${region === null ? 'true' : 'region = :region'}
  UNION SELECT k.row_id FROM ${t}.iasql_resource k WHERE k.table_name = :table
    AND k.account_id IS NOT DISTINCT FROM :account::text AND k.region IS NOT DISTINCT FROM :region::text`

/** So many ids fit one result, whatever their size. */
const idsAtATime = 20_000

/** Ids without doubles, in ascending order. */
export async function selectRows(
  db: Queryable,
  tenant: Tenant,
  table: string,
  selection: Selection,
): Promise<readonly number[]> {
  if (selection.kind === 'rows') return ascending(selection.ids)
  const ids: number[] = []
  for (const { sql, parameters } of idQueries(tenant.schema, table, selection)) {
    let after = Number.MIN_SAFE_INTEGER
    for (;;) {
      const page = await db.query<{ id: number }>(
        `SELECT id FROM (${sql}) s WHERE id > :after::bigint ORDER BY id LIMIT ${idsAtATime}`,
        { ...parameters, after },
      )
      for (const { id } of page) ids.push(id)
      if (page.length < idsAtATime) break
      after = page.at(-1)?.id ?? after
    }
  }
  return ascending(ids)
}

const ascending = (ids: readonly number[]): readonly number[] => [...new Set(ids)].sort((a, b) => a - b)
