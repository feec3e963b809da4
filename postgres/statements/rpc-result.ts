/** Results of functions, stored for the statement that called them to find. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface RpcCallKey {
  readonly context: string
  readonly name: string
  readonly arguments: readonly Json[]
  /** The now() of the statement that asked. */
  readonly askedAt?: string | undefined
}

/** The id of the stored result. */
export async function insertRpcResult(
  db: Queryable,
  { schema: t }: Tenant,
  { context, name, arguments: given, askedAt, error }: RpcCallKey & { readonly error: Json },
): Promise<number> {
  const rows = await db.query<{ result_id: number }>(
    `INSERT INTO ${t}.iasql_rpc_result (context, function, arguments, asked_at, error)
     VALUES (:context::uuid, :name, :arguments::jsonb, :askedAt::timestamptz, :error::jsonb)
     ON CONFLICT (context, function, md5(arguments::text)) DO UPDATE SET error = excluded.error RETURNING result_id`,
    {
      ...{ context, name, arguments: JSON.stringify(given), askedAt: askedAt ?? null },
      error: error === null ? null : JSON.stringify(error),
    },
  )
  return rows[0]?.result_id ?? 0
}

/** `from`: ordinal of the first of them. */
export async function insertRpcRows(
  db: Queryable,
  { schema: t }: Tenant,
  { resultId, from, rows }: { readonly resultId: number; readonly from: number; readonly rows: string },
): Promise<void> {
  await db.run(
    `INSERT INTO ${t}.iasql_rpc_result_row (result_id, ordinal, body)
     SELECT :resultId::bigint, :from::bigint + item.place, item.value
     FROM jsonb_array_elements(:rows::jsonb) WITH ORDINALITY AS item (value, place)`,
    { resultId, from, rows },
  )
}

export async function deleteRpcResults(db: Queryable, { schema: t }: Tenant, context: string): Promise<void> {
  await db.run(`DELETE FROM ${t}.iasql_rpc_result WHERE context = :context::uuid`, { context })
}

/** The function of this context that ended with an error, and that, by the message it was raised with. */
export async function findRpcError(
  db: Queryable,
  { schema: t }: Tenant,
  context: string,
  message: string,
): Promise<{ readonly name: string; readonly error: Json } | undefined> {
  const rows = await db.query<{ name: string; error: Json }>(
    `SELECT function AS name, error FROM ${t}.iasql_rpc_result
     WHERE context = :context::uuid AND error->>'message' = :message LIMIT 1`,
    { context, message },
  )
  return rows[0]
}
