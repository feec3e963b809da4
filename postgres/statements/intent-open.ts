/** Creates whose outcome nobody knows and that no execution works on: settled before anything new is planned. */

import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { closed } from './intent-close.ts'
import { isOpen } from './open-change.ts'
import { readFitting } from './paging.ts'
import { orphansSql } from './resource-orphan.ts'

export interface OpenIntent {
  readonly table_name: string
  readonly row_id: number
  readonly token: string
  readonly want: Row
  readonly account_id: string | null
  readonly region: string | null
  readonly natural_name: string | null
  readonly edit_version: number
  /** The row has an edit that the plan of the call has not seen. */
  readonly is_edited_again: boolean
  /** When the call has ended for certain. */
  readonly deadline: string
  /** Ids, as texts, of which somebody has to say which is what the call made. */
  readonly candidates: readonly string[] | null
}

/** An execution that works on the row settles it itself, and may be calling right now. */
const isUnclaimed = (t: string): string =>
  `NOT EXISTS (SELECT FROM ${t}.iasql_change_record c
     WHERE c.table_name = i.table_name AND c.row_id = i.row_id AND c.execution_id IS NOT NULL
       AND ${isOpen('c')})`

export async function loadOpenIntents(db: Queryable, tenant: Tenant): Promise<readonly OpenIntent[]> {
  const t = tenant.schema
  const open: OpenIntent[] = []
  let last = { table_name: '', row_id: 0 }
  for (;;) {
    const { rows } = await readFitting<OpenIntent & { readonly sort: number }>(
      db,
      `SELECT row_number() OVER (ORDER BY i.table_name, i.row_id) AS sort, i.table_name, i.row_id, i.token,
        i.want, i.account_id, i.region, i.natural_name, i.edit_version, i.deadline, i.candidates,
      EXISTS (SELECT FROM ${t}.iasql_edit e WHERE e.table_name = i.table_name AND e.row_id = i.row_id
        AND NOT pg_visible_in_snapshot(e.xid, i.snapshot)) AS is_edited_again
      FROM ${t}.iasql_intent i
      WHERE i.token IS NOT NULL AND ${isUnclaimed(t)} AND (i.table_name, i.row_id) > (:table::text, :row::bigint)
      ORDER BY i.table_name, i.row_id LIMIT 200`,
      { table: last.table_name, row: last.row_id },
    )
    for (const row of rows) open.push(row)
    const end = rows.at(-1)
    if (!end) return open
    last = end
  }
}

/** Nothing was made: what is asked for next is another attempt. */
export async function closeIntent(
  db: Queryable,
  tenant: Tenant,
  { table_name, row_id, token }: OpenIntent,
): Promise<void> {
  await db.run(
    `UPDATE ${tenant.schema}.iasql_intent i SET ${closed}
     WHERE table_name = :table AND row_id = :row::bigint AND token = :token AND ${isUnclaimed(tenant.schema)}`,
    { table: table_name, row: row_id, token },
  )
}

/** What was made belongs to the row from now on; if that has gone, the next plan deletes it. */
export async function takeIntent(
  db: Queryable,
  tenant: Tenant,
  intent: OpenIntent,
  made: {
    readonly cloudId: CloudId
    readonly observed: Row
    readonly naturalName: string
    /** The row has a resource already: this one gets a record of its own and a pending deletion. */
    readonly isSurplus: boolean
  },
): Promise<void> {
  const t = tenant.schema
  const parameters = {
    table: intent.table_name,
    row: intent.row_id,
    token: intent.token,
    name: made.naturalName || intent.natural_name,
    cloudId: JSON.stringify(made.cloudId),
    observed: JSON.stringify(made.observed),
  }
  const closing = `closed AS (
       UPDATE ${t}.iasql_intent i SET ${closed}
       WHERE table_name = :table AND row_id = :row::bigint AND token = :token AND ${isUnclaimed(t)}
       RETURNING table_name, row_id, account_id, region)`
  if (made.isSurplus) {
    const surplus = `SELECT table_name, jsonb_build_object('account_id', account_id, 'region', region,
      'natural_name', :name::text, 'cloud_id', :cloudId::jsonb, 'base', :observed::jsonb) AS orphan FROM closed`
    await db.run(`WITH ${closing}, ${orphansSql(t, surplus)} SELECT FROM closed`, parameters)
    return
  }
  await db.run(
    `WITH ${closing},
     gone AS (
       INSERT INTO ${t}.iasql_edit (table_name, row_id, op, login)
       SELECT table_name, row_id, CAST('D' AS "char"), 'iasql' FROM closed
       WHERE NOT EXISTS (SELECT FROM ${t}."${intent.table_name}" q WHERE q.id = closed.row_id))
     INSERT INTO ${t}.iasql_resource (table_name, row_id, account_id, region, natural_name, cloud_id, base, observed,
       observed_at, written_at)
     SELECT table_name, row_id, account_id, region, :name::text, :cloudId::jsonb, :observed::jsonb, :observed::jsonb,
       clock_timestamp(), clock_timestamp() FROM closed
     ON CONFLICT (table_name, row_id) DO UPDATE SET cloud_id = excluded.cloud_id, base = excluded.base,
       observed = excluded.observed, observed_at = excluded.observed_at, written_at = excluded.written_at`,
    parameters,
  )
}

/** The servers that called are known to be dead: no call of theirs is in flight any more. */
export async function endDeadlines(db: Queryable, tenant: Tenant): Promise<void> {
  const sooner = 'deadline = least(deadline, clock_timestamp())'
  await db.run(`UPDATE ${tenant.schema}.iasql_intent SET ${sooner} WHERE token IS NOT NULL`)
  await db.run(
    `UPDATE ${tenant.schema}.iasql_change_record SET ${sooner}
     WHERE execution_id IS NOT NULL AND state = 'started'`,
  )
}
