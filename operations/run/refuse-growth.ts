/** A tenant that takes all the room that it may have runs nothing that takes more; what makes room still runs. */
import type { Node, SelectStmt } from 'libpg-query'
import { IasqlError } from '#engine/model/error.ts'
import { findSize, measureSize } from '#postgres/statements/tenant-usage.ts'
import { intoClause } from '../statement/select-into.ts'
import type { OpenRun } from './open-run.ts'

const growing: ReadonlySet<string> = new Set([
  'CallStmt',
  'CreateStmt',
  'CreateTableAsStmt',
  'DoStmt',
  'ExecuteStmt',
  'IndexStmt',
  'InsertStmt',
  'MergeStmt',
  'RefreshMatViewStmt',
  'UpdateStmt',
])

const writes = ({ withClause }: SelectStmt): boolean =>
  (withClause?.ctes ?? []).some((item) => {
    const query = 'CommonTableExpr' in item ? item.CommonTableExpr.ctequery : undefined
    return query !== undefined && grows(query)
  })

export function grows(node: Node): boolean {
  if ('ExplainStmt' in node) return node.ExplainStmt.query !== undefined && grows(node.ExplainStmt.query)
  if ('SelectStmt' in node) return intoClause(node) !== undefined || writes(node.SelectStmt)
  return Object.keys(node).some((kind) => growing.has(kind))
}

const megabytes = (bytes: number): string => Math.ceil(bytes / 1_048_576).toLocaleString('en')

/** Measured again before anything is refused, so that room that was made counts at once. */
export async function refuseGrowth(run: OpenRun, node: Node): Promise<IasqlError | undefined> {
  if (!run.isFull || !(grows(node) || mayGrow(node))) return undefined
  const { ports, tenant } = run
  await measureSize(ports.platform, tenant)
  const size = await findSize(ports.platform, tenant.id)
  run.isFull = size !== undefined && size.bytes >= size.quota
  if (!size || !run.isFull || !grows(node)) return undefined
  return new IasqlError(
    'quota/size',
    `The tables of ${tenant.alias} take ${megabytes(size.bytes)} MB; its quota size_mb is ${megabytes(size.quota)}.`,
  )
}

/** Only PostgreSQL knows what the functions write that a query calls: it may only read while the tenant is full. */
export const mayGrow = (node: Node): boolean =>
  'SelectStmt' in node && !grows(node) && !deletes(node.SelectStmt)

const deletes = ({ withClause }: SelectStmt): boolean =>
  (withClause?.ctes ?? []).some((item) => {
    const query = 'CommonTableExpr' in item ? item.CommonTableExpr.ctequery : undefined
    return query !== undefined && 'DeleteStmt' in query
  })

/** Outside of BEGIN … COMMIT: within it there is no way back to writing. */
export const readOnlySetting = ({ isFull, block }: OpenRun, node: Node): Readonly<Record<string, string>> =>
  isFull && !block && mayGrow(node) ? { transaction_read_only: 'on' } : {}

/** What PostgreSQL refuses to a query that only reads since the tenant is full. */
export const isRefusedGrowth = ({ isFull, block }: OpenRun, sqlstate: string): boolean =>
  isFull && !block && sqlstate === '25006'
