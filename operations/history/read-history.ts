/** What the statements of a history are made from, all read in one snapshot. */
import { contentDigests, contentText } from '#engine/history/content-text.ts'
import { type HistoryInput, regenerate } from '#engine/history/regenerate.ts'
import { isNamedAlone } from '#engine/history/row-text.ts'
import { rowTargets } from '#engine/history/transaction-order.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableLookup } from '#engine/plan/resource.ts'
import type { Queryable } from '#postgres/database.ts'
import {
  askedBefore,
  type ChangedRow,
  countChanges,
  readChanges,
  readRows,
  type ToldChange,
} from '#postgres/statements/audit-read.ts'
import { loadContent, sizesOfContents } from '#postgres/statements/content-load.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'
import { refusal } from '../rpc/refusal.ts'

export interface Telling {
  readonly tenant: Tenant
  /** Id of the first change; undefined: there is none. */
  readonly first: (db: Queryable) => Promise<number | undefined>
  /** A time as PostgreSQL writes it; null: from the beginning. */
  readonly since: string | null
  readonly isTold: (change: ToldChange) => boolean
}

/** Statements in the order in which they can be run. */
export async function tellHistory(
  ports: Ports,
  { tenant, first, since, isTold }: Telling,
): Promise<readonly string[]> {
  const { lookup } = await loadInstalledTables(ports, tenant)
  const input = await ports.platform.transaction(async (transaction): Promise<HistoryInput | undefined> => {
    await transaction.run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
    const from = await first(transaction)
    if (from === undefined) return undefined
    await refuseTooMany(transaction, tenant, from)
    const changes = await readChanges(transaction, tenant, { first: from, since })
    const current = await readCurrent({ db: transaction, tenant, lookup }, changes)
    const contents = await readContents(
      { db: transaction, tenant, lookup },
      changes.filter((change) => isTold(change)),
    )
    const asked = await askedBefore(transaction, tenant, from, rowsTakenAway(changes))
    return { lookup, changes, current, contents, asked, isTold: (change) => isTold(change as ToldChange) }
  })
  return input ? regenerate(input) : []
}

/** All that happened since is needed to tell even the first: it is held in memory. */
const mostChanges = 200_000

async function refuseTooMany(db: Queryable, tenant: Tenant, first: number): Promise<void> {
  const count = await countChanges(db, tenant, { first, most: mostChanges + 1 })
  if (count <= mostChanges) return
  throw refusal(
    '54000',
    `more than ${mostChanges.toLocaleString('en')} rows were changed since then`,
    'Ask for what was changed since a later time, or read iasql_audit_log.',
  )
}

/** Rows that the engine took away by themselves: told as gone only where somebody had asked for them. */
const rowsTakenAway = (changes: readonly ToldChange[]): readonly ChangedRow[] =>
  changes.flatMap(({ table, rowId, change, origin }) =>
    change === null && rowId !== null && (origin === 'pull' || origin === 'outcome')
      ? [{ table_name: table, row_id: rowId }]
      : [],
  )

interface Reading {
  readonly db: Queryable
  readonly tenant: Tenant
  readonly lookup: TableLookup
}

/** Ids by table. */
type Ids = Map<string, Set<number>>

/** Which accounts there are, and which is the default, is part of how rows are named. */
const places = ['aws_accounts', 'aws_regions']

/** Rows that the changes are about, those that they refer to, and so on. */
async function readCurrent(
  reading: Reading,
  changes: readonly ToldChange[],
): Promise<ReadonlyMap<string, readonly Row[]>> {
  const { lookup } = reading
  const current = new Map<string, Row[]>()
  const read: Ids = new Map()
  let wanted: Ids = new Map(places.map((table) => [table, new Set()]))
  for (const { table, rowId, original, change } of changes) {
    if (rowId !== null) want(wanted, table, rowId)
    for (const row of [original, change]) wantTargets(lookup, wanted, table, row)
  }
  while (wanted.size > 0) {
    const next: Ids = new Map()
    for (const [table, ids] of wanted) {
      const rows = lookup.has(table) ? await readMore(reading, { table, ids, read }) : []
      current.set(table, [...(current.get(table) ?? []), ...rows])
      for (const row of rows) wantTargets(lookup, next, table, row)
    }
    wanted = next
  }
  return current
}

function wantTargets(lookup: TableLookup, wanted: Ids, table: string, row: Row | null): void {
  for (const target of rowTargets(lookup, table, row)) want(wanted, target.table, target.id)
}

function want(wanted: Ids, table: string, id: number): void {
  const ids = wanted.get(table) ?? new Set()
  wanted.set(table, ids.add(id))
}

interface MoreRows {
  readonly table: string
  readonly ids: ReadonlySet<number>
  readonly read: Ids
}

/**
 * Tables whose names are unique are read as far as they are named; the others whole, for only beside all others is it known
 * what names one row.
 */
async function readMore(
  { db, tenant, lookup }: Reading,
  { table, ids, read }: MoreRows,
): Promise<readonly Row[]> {
  const spec = lookup.get(table)
  const isWhole = places.includes(table) || !spec || !isNamedAlone(spec)
  const known = read.get(table)
  if (isWhole && known) return []
  const missing = [...ids].filter((id) => !known?.has(id))
  read.set(table, new Set([...(known ?? []), ...missing]))
  if (isWhole) return await readRows(db, tenant, table, 'all')
  return missing.length > 0 ? await readRows(db, tenant, table, missing) : []
}

/** Bytes of one content that a statement tells, and of all: what is longer is told as missing. */
const mostBytes = 256 * 1024
const mostBytesInAll = 32 * 1024 * 1024

async function readContents(
  { db, tenant, lookup }: Reading,
  changes: readonly ToldChange[],
): Promise<ReadonlyMap<string, string>> {
  const digests = new Set(changes.flatMap((change) => contentDigests(lookup.get(change.table), change)))
  const contents = new Map<string, string>()
  let bytes = 0
  for (const { digest, size } of await sizesOfContents(db, tenant, [...digests])) {
    if (size > mostBytes || bytes + size > mostBytesInAll) continue
    const content = await loadContent(db, tenant, digest)
    if (!content) continue
    bytes += size
    contents.set(digest, contentText(content))
  }
  return contents
}
