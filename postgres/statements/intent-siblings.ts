/** Creates of which nothing can be looked up: what has come since their call, and whose it may be. */
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { closed } from './intent-close.ts'

export interface IntentKey {
  readonly table_name: string
  readonly row_id: number
  readonly token: string
}

export interface Rival {
  readonly row_id: number
  readonly want: Row
  readonly candidates: readonly string[] | null
  /** When its call has ended for certain. */
  readonly deadline: string
}

const isOfIntent = 'i.table_name = :table AND i.row_id = :row::bigint AND i.token = :token'

const keyOf = ({ table_name, row_id, token }: IntentKey) => ({ table: table_name, row: row_id, token })

/** Whose calls may have made something of the kind there: itself among them, unless it is closed by now. */
export async function readRivals(
  db: Queryable,
  { schema: t }: Tenant,
  intent: IntentKey,
): Promise<readonly Rival[]> {
  return await db.query<Rival & Row>(
    `SELECT o.row_id, o.want, o.candidates, o.deadline FROM ${t}.iasql_intent i JOIN ${t}.iasql_intent o USING (table_name)
     WHERE ${isOfIntent} AND o.token IS NOT NULL AND o.account_id IS NOT DISTINCT FROM i.account_id
       AND o.region IS NOT DISTINCT FROM i.region
     ORDER BY o.row_id`,
    keyOf(intent),
  )
}

/** Pairs of open intents and ids that were there before their calls. */
export async function readSiblings(
  db: Queryable,
  { schema: t }: Tenant,
  table: string,
  asked: { readonly rows: readonly number[]; readonly ids: readonly string[] },
): Promise<readonly { readonly row_id: number; readonly id: string }[]> {
  return await db.query<{ row_id: number; id: string }>(
    `SELECT i.row_id, n.value AS id FROM ${t}.iasql_intent i, jsonb_array_elements_text(:ids::jsonb) n
     WHERE i.table_name = :table AND i.row_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:rows::jsonb))
       AND i.siblings ? n.value`,
    { table, rows: JSON.stringify(asked.rows), ids: JSON.stringify(asked.ids) },
  )
}

export async function noteCandidates(
  db: Queryable,
  { schema: t }: Tenant,
  intent: IntentKey,
  ids: readonly string[],
): Promise<void> {
  await db.run(`UPDATE ${t}.iasql_intent i SET candidates = :ids::jsonb WHERE ${isOfIntent}`, {
    ...keyOf(intent),
    ids: JSON.stringify(ids),
  })
}

export async function decideIntent(db: Queryable, { schema: t }: Tenant, intent: IntentKey): Promise<void> {
  await db.run(`UPDATE ${t}.iasql_intent i SET ${closed} WHERE ${isOfIntent}`, keyOf(intent))
}

interface At {
  readonly table: string
  readonly accountId: string | null
  readonly region: string | null
}

const isOpenAt = `i.table_name = :table AND i.token IS NOT NULL AND i.candidates IS NOT NULL
  AND i.account_id IS NOT DISTINCT FROM :account::text AND i.region IS NOT DISTINCT FROM :region::text`

const placeOf = ({ table, accountId, region }: At) => ({ table, account: accountId, region })

/** What somebody has to decide about before it may become anything else. */
export async function undecidedIds(
  db: Queryable,
  { schema: t }: Tenant,
  at: At,
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ id: string }>(
    `SELECT DISTINCT c.value AS id FROM ${t}.iasql_intent i, jsonb_array_elements_text(i.candidates) c WHERE ${isOpenAt}`,
    placeOf(at),
  )
  return new Set(rows.map(({ id }) => id))
}

/** The intents that this may be the outcome of, in the order of their rows. */
export async function intentsAwaiting(
  db: Queryable,
  { schema: t }: Tenant,
  at: At,
  id: string,
): Promise<readonly IntentKey[]> {
  return await db.query<IntentKey>(
    `SELECT i.table_name, i.row_id, i.token FROM ${t}.iasql_intent i
     WHERE ${isOpenAt} AND i.candidates ? :id ORDER BY i.row_id LIMIT 20`,
    { ...placeOf(at), id },
  )
}
