/** `iasql_adopt` and `iasql_forget`: what comes under management, and what leaves it. */
import type { Json } from '#engine/model/json.ts'
import { adopt } from '../adopt/adopt.ts'
import { checkForget, forget } from '../forget/forget.ts'
import type { GoingRow } from '../forget/forgettable.ts'
import type { Ports } from '../ports.ts'
import type { NoteCompletion, RpcAnswer, RpcCall } from './catalogue.ts'
import { refusal } from './refusal.ts'

export async function adoptCall(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const [table, cloudId, region, accountId] = call.arguments
  const { rowId, notices } = await adopt(ports, {
    tenant: call.tenant,
    table: given(table, 'table_name'),
    cloudId: given(cloudId, 'cloud_id'),
    region: typeof region === 'string' ? region : null,
    accountId: typeof accountId === 'string' ? accountId : null,
    signal: AbortSignal.timeout(ports.defaults.budgetMs),
  })
  return { kind: 'rows', rows: [{ table_name: given(table, 'table_name'), id: rowId }], notices }
}

/** The row goes once the statement has its rows: until then it may be what the arguments are computed from. */
export async function forgetCall(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const row = rowToForget(call)
  await checkForget(ports, { tenant: call.tenant, rows: [row] })
  return { kind: 'rows', rows: [{ table_name: row.table, id: row.rowId }], isToComplete: true }
}

export async function completeForget(
  ports: Ports,
  calls: readonly RpcCall[],
  note: NoteCompletion,
): Promise<readonly string[]> {
  const [first] = calls
  if (!first) return []
  const { tenant, actor } = first
  return await forget(ports, { tenant, actor, rows: calls.map(rowToForget), note })
}

function rowToForget({ arguments: [table, id] }: RpcCall): GoingRow {
  if (typeof id !== 'number') throw refusal('22004', 'iasql_forget needs an id', 'Give the id of the row.')
  return { table: given(table, 'table_name'), rowId: id }
}

function given(value: Json | undefined, name: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw refusal(
    '22004',
    `${name} is missing`,
    "For example: SELECT * FROM iasql_adopt('vpc', 'vpc-0a1b2c3d').",
  )
}
