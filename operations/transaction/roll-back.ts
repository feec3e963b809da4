/** `iasql_rollback()`: the session's edits that no apply has taken up are as if they had never been made. */
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { listed } from '#engine/plan/listed-names.ts'
import { isLocalOnly, type NetEdit, netEdits } from '#engine/transaction/net-edit.ts'
import type { Queryable } from '#postgres/database.ts'
import { dropAwaited } from '#postgres/statements/companion-awaited.ts'
import { policyEdits, restorePolicies } from '#postgres/statements/policy-restore.ts'
import {
  dropEdits,
  hasOpenCommits,
  type TransactionEdit,
  transactionEdits,
} from '#postgres/statements/transaction-edits.ts'
import { claimedRow } from '#postgres/statements/transaction-rows.ts'
import { markTransaction, moveTransaction } from '#postgres/statements/transaction-state.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { type InstalledTables, loadInstalledTables } from '../install/installed-tables.ts'
import { holdingLease } from '../plan/holding-lease.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { editedSince, stillReferred } from './refusals.ts'
import { referrersOf, restoreRows, rowsGoing } from './restore-rows.ts'
import { resultRows } from './result-rows.ts'
import { meantTransaction, sessionOf } from './session.ts'
import { editedByOthers, type Weighed, weighEdits } from './weigh-edits.ts'
import { asRefusal } from './write-refusals.ts'

export async function rollBackCall(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const { transaction, notices } = await meantTransaction(ports.platform, call.tenant, sessionOf(call))
  const done = await rollBack(ports, { ...call, transactionId: transaction.transaction_id })
  return { kind: 'rows', rows: done.rows, notices: [...notices, ...done.notices] }
}

export interface RolledBack {
  readonly rows: readonly Row[]
  readonly notices: readonly string[]
}

interface Request {
  readonly tenant: Tenant
  readonly actor: string
  readonly transactionId: string
}

/** @throws IasqlError that names the rows: then nothing was taken back. */
export async function rollBack(ports: Ports, request: Request): Promise<RolledBack> {
  const { tenant, transactionId } = request
  const signal = AbortSignal.timeout(ports.defaults.budgetMs)
  return await holdingLease(ports, tenant, signal, async (lease) => {
    const tables = await loadInstalledTables(ports, tenant)
    for (;;) {
      const done = await ports.platform
        .transaction(async (transaction) => {
          await lease.insist(transaction)
          await endTransaction(transaction, request)
          if (await hasOpenCommits(ports.platform, tenant, transactionId)) throw new Unfinished()
          return await takeBack({ ports, transaction, tables }, request)
        })
        .catch(unlessUnfinished)
      if (done) return done
      await ports.clock.sleep(50, signal)
    }
  })
}

/** A run is about to commit further edits. */
class Unfinished extends Error {}

function unlessUnfinished(error: unknown): undefined {
  if (error instanceof Unfinished) return undefined
  throw asRefusal('rolled back', error)
}

async function endTransaction(
  transaction: Queryable,
  { tenant, actor, transactionId }: Request,
): Promise<void> {
  const isOpen = await moveTransaction(transaction, tenant, transactionId, {
    from: 'open',
    to: 'rolled_back',
  })
  if (!isOpen) throw new IasqlError('transaction/none', `transaction ${transactionId} is not open any more`)
  await markTransaction(transaction, tenant, { transactionId, changeType: 'CLOSE_TRANSACTION', actor })
}

interface Scope {
  readonly ports: Ports
  readonly transaction: Queryable
  readonly tables: InstalledTables
}

async function takeBack(
  { ports, transaction, tables }: Scope,
  { tenant, transactionId }: Request,
): Promise<RolledBack> {
  const { platform } = ports
  const edits = await transactionEdits(platform, tenant, { transactionId })
  const pending = edits.filter((edit) => isTakenBack(tables.lookup.get(edit.table), edit))
  const net = netEdits(pending)
  const weighed = await weighEdits(
    { transaction, platform, tenant, tables, name: { transactionId } },
    net,
    firstOf(pending),
  )
  const isGone = ({ restoration, by }: Weighed): boolean => restoration.kind === 'gone' && by.length > 0
  const gone = weighed.filter(isGone).map(({ title }) => title)
  // What others have deleted is nobody's edit to lose.
  const edited = editedByOthers(weighed.filter((one) => !isGone(one)))
  if (edited.length > 0) throw editedSince({ verb: 'rolled back' }, edited)
  await refuseClaimed(transaction, tenant, net)
  const referrers = await referrersOf(transaction, tenant, tables, weighed)
  if (referrers.size > 0) throw stillReferred('rolled back', [...referrers.values()])
  await restoreRows(transaction, tenant, weighed, everyColumn)
  await dropAwaited(transaction, tenant, rowsGoing(weighed))
  await restorePolicies(transaction, tenant, await policyEdits(platform, tenant, { transactionId }))
  await dropEdits(transaction, tenant, transactionId)
  const taken = new Set(pending)
  const applied = new Set(
    edits.filter((edit) => tables.lookup.has(edit.table) && !taken.has(edit)).map(keyOf),
  )
  return {
    rows: resultRows(weighed),
    notices: [...goneNotice(gone), ...appliedNotice(applied.size, transactionId)],
  }
}

const goneNotice = (titles: readonly string[]): readonly string[] =>
  titles.length > 0 ? [`Deleted by others meanwhile: ${listed(titles)}.`] : []

const appliedNotice = (count: number, id: string): readonly string[] =>
  count === 0
    ? []
    : [
        `${count} rows have been applied meanwhile and stay as they are: SELECT * FROM iasql_revert('${id}') takes them back too.`,
      ]

/** The cloud has not heard of these rows, or nothing else than before: they come back with what it has given them. */
export const everyColumn = (type: TableSpec): readonly string[] => [
  ...Object.keys(type.columns),
  ...(type.place === 'regional' ? ['account_id', 'region'] : type.place === 'global' ? ['account_id'] : []),
]

const isTakenBack = (type: TableSpec | undefined, edit: TransactionEdit): boolean =>
  type !== undefined && (edit.isPending || isLocalOnly(type, edit))

const keyOf = ({ table, rowId }: Pick<TransactionEdit, 'table' | 'rowId'>): string => `${table}/${rowId}`

export function firstOf(edits: readonly TransactionEdit[]): (key: string) => number {
  const first = new Map<string, number>()
  for (const edit of edits) if (!first.has(keyOf(edit))) first.set(keyOf(edit), edit.id)
  return (key) => first.get(key) ?? 0
}

async function refuseClaimed(db: Queryable, tenant: Tenant, net: readonly NetEdit[]): Promise<void> {
  const rows = net.map(({ table, rowId }) => ({ table_name: table, row_id: rowId }))
  const claimed = await claimedRow(db, tenant, rows)
  if (!claimed) return
  const { table_name: table, row_id: rowId, execution_id: executionId, actor } = claimed
  throw new IasqlError(
    'transaction/edited',
    `the transaction cannot be rolled back: ${table} ${rowId} is being changed by execution ${executionId} of ${actor}`,
    { hint: `Wait until it has ended, or cancel it: SELECT * FROM iasql_cancel(${executionId}).` },
  )
}
