/** `iasql_get_sql_since` and `iasql_get_sql_for_transaction`: the statements that were made, to make them again. */
import type { Json } from '#engine/model/json.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import {
  firstChangeOf,
  firstChangeSince,
  latestTransaction,
  type ToldChange,
} from '#postgres/statements/audit-read.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { refusal } from '../rpc/refusal.ts'
import { tellHistory } from './read-history.ts'

export async function sqlSince(ports: Ports, { tenant, arguments: [since] }: RpcCall): Promise<RpcAnswer> {
  const time = await timeOf(ports, since)
  return rowsOf(
    await tellHistory(ports, {
      tenant,
      first: (db) => firstChangeSince(db, tenant, time),
      since: time,
      isTold: ({ isSince }) => isSince,
    }),
  )
}

/** @throws IasqlError 22007 when it is no time. */
async function timeOf({ platform }: Ports, since: Json | undefined): Promise<string | null> {
  if (typeof since !== 'string') return null
  try {
    const [row] = await platform.query<{ time: string }>(
      'SELECT CAST(CAST(:since AS timestamptz) AS text) AS time',
      { since },
    )
    return row?.time ?? null
  } catch (error) {
    if (!databaseErrorOf(error)?.sqlstate.startsWith('22')) throw error
    throw refusal(
      '22007',
      `${since === '' ? 'an empty text' : since} is no time`,
      "Give a time such as '2026-01-31 12:00:00+00', or now() - interval '1 day'.",
    )
  }
}

export async function sqlForTransaction(
  ports: Ports,
  { tenant, arguments: [given] }: RpcCall,
): Promise<RpcAnswer> {
  const transactionId = typeof given === 'string' ? given : await latestTransaction(ports.platform, tenant)
  if (transactionId === undefined) return rowsOf([])
  return rowsOf(
    await tellHistory(ports, {
      tenant,
      async first(db) {
        const first = await firstChangeOf(db, tenant, transactionId)
        if (first !== undefined) return first
        throw refusal(
          'P0002',
          `there is no transaction ${transactionId}`,
          'SELECT DISTINCT transaction_id FROM iasql_audit_log lists them, as far back as they are kept.',
        )
      },
      since: null,
      isTold: (change: ToldChange) => change.transactionId === transactionId,
    }),
  )
}

const rowsOf = (statements: readonly string[]): RpcAnswer => ({
  kind: 'rows',
  rows: statements.map((sql) => ({ sql })),
})
