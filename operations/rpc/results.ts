/** Stores what a function inside SQL answered, for the statement that called it to find when it runs again. */
import type { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { Queryable } from '#postgres/database.ts'
import { jsonPages } from '#postgres/statements/paging.ts'
import { insertRpcResult, insertRpcRows } from '#postgres/statements/rpc-result.ts'
import type { Tenant } from '#postgres/tenant.ts'

interface Call {
  /** The statement's, from RpcCall. */
  readonly context: string
  readonly name: string
  /** Exactly as they came in the call. */
  readonly arguments: readonly Json[]
  /** The now() of the statement that asked. */
  readonly askedAt?: string | undefined
}

export type RpcResult = Call &
  (
    | { readonly rows: readonly Row[]; readonly error?: never }
    | { readonly error: IasqlError; readonly rows?: never }
  )

const errorBody = ({ code, sqlstate, message, detail, hint, awsRequestId }: IasqlError): Json => ({
  code,
  sqlstate,
  message,
  detail: detail ?? null,
  hint,
  awsRequestId: awsRequestId ?? null,
})

/**
 * Rows are objects by result column. An error is raised where the function was called.
 * @example await storeRpcResult(platform, tenant, { context, name: 'iasql_sync', arguments: [[]], rows })
 */
export async function storeRpcResult(db: Queryable, tenant: Tenant, result: RpcResult): Promise<void> {
  const error = result.error ? errorBody(result.error) : null
  const resultId = await insertRpcResult(db, tenant, { ...result, error })
  let from = 0
  for (const { json, count } of jsonPages(result.rows ?? [])) {
    await insertRpcRows(db, tenant, { resultId, from, rows: json })
    from += count
  }
}
