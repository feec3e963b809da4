/** What a tenant has open that would be torn apart if it were moved. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface OpenWork {
  readonly what: string
  readonly id: string
}

export const inWords = (open: readonly OpenWork[]): string =>
  open.map(({ what, id }) => `${what} ${id}`).join(', ')

/** As many as people read. */
const most = 10

export async function openWork(db: Queryable, { schema: t }: Tenant): Promise<readonly OpenWork[]> {
  return await db.query<OpenWork>(
    `SELECT 'execution' AS what, execution_id::text AS id FROM ${t}.iasql_execution_record WHERE ended_at IS NULL
     UNION ALL
     SELECT 'transaction', transaction_id FROM ${t}.iasql_transaction WHERE state IN ('open', 'committing')
     UNION ALL
     SELECT 'run', run_id::text FROM ${t}.iasql_run WHERE ended_at IS NULL AND state <> 'receiving'
     LIMIT ${most}`,
  )
}
