/** `iasql_revert(transaction_id)`: what a past transaction has changed is changed back, as edits of who asks, to be previewed. */
import { IasqlError } from '#engine/model/error.ts'
import { listed } from '#engine/plan/listed-names.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { type NetEdit, netEdits } from '#engine/transaction/net-edit.ts'
import { databaseOver, type Queryable } from '#postgres/database.ts'
import { awaitCompanions } from '#postgres/statements/companion-awaited.ts'
import { companionRows, rowsPutBack } from '#postgres/statements/companion-gone.ts'
import { policyEdits, restorePolicies } from '#postgres/statements/policy-restore.ts'
import { ownTransactionId } from '#postgres/statements/run-commit.ts'
import { letRestore } from '#postgres/statements/secret-restore.ts'
import {
  editorOf,
  hasBeginning,
  type TransactionName,
  transactionEdits,
} from '#postgres/statements/transaction-edits.ts'
import { engineWorkOf } from '#postgres/statements/transaction-engine.ts'
import { findTransaction, type TransactionRecord } from '#postgres/statements/transaction-find.ts'
import { markTransaction } from '#postgres/statements/transaction-state.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { attribute } from './attribute.ts'
import { companionsAlong } from './awaited-companions.ts'
import { giveOutputsBack } from './give-outputs-back.ts'
import { goneAlong } from './gone-along.ts'
import { madeByEngine } from './made-by-engine.ts'
import { beginningGone, editedSince, rowsGone, stillReferred } from './refusals.ts'
import { referrersOf, restoreRows, rowsGoing } from './restore-rows.ts'
import { resultRows } from './result-rows.ts'
import { firstOf, rollBack } from './roll-back.ts'
import { ownTransaction, sessionOf } from './session.ts'
import { type Weighed, weighEdits } from './weigh-edits.ts'
import { weighGoing } from './weigh-going.ts'
import { asRefusal } from './write-refusals.ts'

/** @throws IasqlError that names the rows: then nothing was edited. */
export async function revertCall(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const { tenant, actor } = call
  const [given] = call.arguments
  if (typeof given !== 'string') throw noTransaction()
  const transactionId = given.trim()
  const past = await findPast(ports.platform, tenant, transactionId)
  if (past.record?.state === 'open') return await endAbandoned(ports, call, past.record)
  if (past.record && !(await hasBeginning(ports.platform, tenant, transactionId)))
    throw beginningGone(transactionId)
  const edits = await transactionEdits(ports.platform, tenant, past.name)
  const missing = await uninstalled(ports, tenant, edits)
  if (missing.length > 0) throw rowsGone(transactionId, missing)
  const writer = databaseOver(ports.dataApi, tenant.writer)
  const done = await writer
    .transaction(async (transaction) => {
      await letRestore(ports.platform, tenant, await ownTransactionId(transaction))
      const weighed = await takeBack({ ports, transaction }, call, past, netEdits(edits), firstOf(edits))
      const policies = await policyEdits(ports.platform, tenant, past.name)
      const restored = await restorePolicies(transaction, tenant, policies)
      await attribute(ports, transaction, call)
      return { ...weighed, restored }
    })
    .catch((error: unknown) => {
      throw asRefusal('reverted', error)
    })
  await giveOutputsBack(ports, tenant, done.weighed)
  const rows = resultRows(done.weighed)
  if (rows.length > 0) await mark(ports.platform, tenant, { transactionId, actor })
  const notices =
    rows.length + done.restored > 0
      ? []
      : [`Nothing of transaction ${transactionId} is left to take back: its rows are as before it.`]
  return { kind: 'rows', rows, notices: [...notices, ...done.notices] }
}

const noTransaction = (): IasqlError =>
  new IasqlError('transaction/unknown', 'transaction_id of iasql_revert() is NULL, which is no transaction', {
    sqlstate: '22004',
  })

interface PastTransaction {
  readonly id: string
  readonly name: TransactionName
  /** Of begin … commit; absent: a plain edit. */
  readonly record?: TransactionRecord
}

async function findPast(db: Queryable, tenant: Tenant, id: string): Promise<PastTransaction> {
  const record = await findTransaction(db, tenant, id)
  if (record?.state === 'committing') {
    throw new IasqlError(
      'transaction/open',
      `transaction ${id} is being committed by execution ${record.execution_id}`,
      {
        hint: `Wait until it has ended, or cancel it: SELECT * FROM iasql_cancel(${record.execution_id}).`,
      },
    )
  }
  if (record) return { id, name: { transactionId: id }, record }
  const editor = isXid(id) ? await editorOf(db, tenant, id) : undefined
  const work = !editor && isXid(id) ? await engineWorkOf(db, tenant, id) : undefined
  if (work) throw madeByEngine(id, work)
  if (!editor || editor.transaction_id !== null)
    throw new IasqlError('transaction/unknown', `there is no transaction ${JSON.stringify(id)}`)
  return { id, name: { xid: id } }
}

/** What PostgreSQL takes for a number of a transaction. */
const isXid = (id: string): boolean => /^[1-9][0-9]{0,18}$/.test(id)

/** An open one is rolled back instead, where nobody else can end it. */
async function endAbandoned(ports: Ports, call: RpcCall, record: TransactionRecord): Promise<RpcAnswer> {
  const { transaction_id: transactionId, is_abandoned: isAbandoned, actor } = record
  if (!isAbandoned || actor !== call.actor) {
    throw new IasqlError('transaction/open', `transaction ${transactionId} of ${actor} is still open`, {
      hint: 'Its own session ends it: SELECT * FROM iasql_rollback().',
    })
  }
  const { rows, notices } = await rollBack(ports, { tenant: call.tenant, actor, transactionId })
  return { kind: 'rows', rows, notices: [`Transaction ${transactionId} was rolled back.`, ...notices] }
}

async function uninstalled(
  ports: Ports,
  tenant: Tenant,
  edits: readonly { readonly table: string }[],
): Promise<readonly string[]> {
  const { lookup } = await loadInstalledTables(ports, tenant)
  return [...new Set(edits.map(({ table }) => table))]
    .filter((table) => !lookup.has(table))
    .map((table) => `table ${table}`)
}

interface Reverted {
  readonly weighed: readonly Weighed[]
  readonly notices: readonly string[]
}

async function takeBack(
  { ports, transaction }: { readonly ports: Ports; readonly transaction: Queryable },
  call: RpcCall,
  past: PastTransaction,
  net: readonly NetEdit[],
  sinceOf: (key: string) => number,
): Promise<Reverted> {
  const { platform } = ports
  const { tenant } = call
  const tables = await loadInstalledTables(ports, tenant)
  const { name } = past
  // Whoever asks goes over edits of their own: the two would wait for each other otherwise.
  const own = await ownTransaction(platform, tenant, sessionOf(call))
  const found = await weighEdits({ transaction, platform, tenant, tables, name, own }, net, sinceOf)
  const gone = found.filter(
    (one) => one.restoration.kind === 'gone' && (one.own.length === 0 || one.by.length > 0),
  )
  const wasTakenBack = past.record?.state === 'rolled_back' || past.record?.state === 'failed'
  if (gone.length > 0 && !wasTakenBack)
    throw rowsGone(
      past.id,
      gone.map(({ title }) => title),
    )
  const edited = found.flatMap(({ restoration, title, by }) =>
    restoration.kind === 'edited' ? [{ title, columns: restoration.columns, by }] : [],
  )
  if (edited.length > 0) throw editedSince({ verb: 'reverted', id: past.id }, edited)
  const goingAlong = goneAlong(found)
  const staying = found.filter(({ net: { key } }) => !goingAlong.has(key))
  const { awaited, lost } = await companionsAlong({ transaction, platform, tenant }, staying)
  const going = rowsGoing(found)
  const below = await companionRows(platform, tenant, going)
  const goingBelow = new Set(below.map((row) => resourceKey(row.table_name, row.row_id)))
  const putBack = await rowsPutBack(platform, tenant, going, tables.types)
  const scales = { transaction, platform, tenant, tables }
  const weighed = [...staying, ...(await weighGoing(scales, found, putBack))].filter(
    ({ net: { key }, restoration: { kind } }) =>
      !lost.has(key) && !(kind === 'delete' && goingBelow.has(key)),
  )
  const referrers = await referrersOf(platform, tenant, tables, weighed, goingBelow)
  if (referrers.size > 0) throw stillReferred('reverted', [...referrers.values()])
  const written = await restoreRows(transaction, tenant, weighed)
  const wanted = weighed.filter(({ restoration: { kind } }) => kind !== 'none' && kind !== 'gone')
  if (written < wanted.length) throw isProtected(past.id)
  await awaitCompanions(transaction, tenant, [...awaited.values()])
  const asked = weighed.filter(({ net: { key } }) => !awaited.has(key))
  return { weighed: asked, notices: [...alongNotice([...awaited.keys()]), ...ownNotice(weighed)] }
}

const isProtected = (id: string): IasqlError =>
  new IasqlError('apply/protected', `transaction ${id} cannot be reverted: a row of it is protected`, {
    hint: 'AWS made it, or another account owns it: SELECT * FROM iasql_external lists the latter.',
  })

const alongNotice = (keys: readonly string[]): readonly string[] =>
  keys.length === 0
    ? []
    : [`Made anew along with what they went with, by the next apply: ${keys.join(', ')}.`]

function ownNotice(weighed: readonly Weighed[]): readonly string[] {
  const titles = weighed.flatMap(({ restoration, own, title }) => {
    if (restoration.kind === 'delete') return own.length > 0 ? [title] : []
    if (restoration.kind !== 'update') return []
    const columns = [...new Set(own)].filter((column) => column in restoration.values)
    return columns.length > 0 ? [`${title} (${columns.join(', ')})`] : []
  })
  return titles.length > 0
    ? [`Edits of your own transaction were taken back along with it: ${listed(titles)}.`]
    : []
}

async function mark(
  db: Queryable,
  tenant: Tenant,
  { transactionId, actor }: { readonly transactionId: string; readonly actor: string },
): Promise<void> {
  await markTransaction(db, tenant, { transactionId, changeType: 'START_REVERT', actor })
  await markTransaction(db, tenant, { transactionId, changeType: 'END_REVERT', actor })
}
