/** Reads an open result to its end, a message's worth at a time, so that memory stays flat however long it is. */
import { IasqlError } from '#engine/model/error.ts'
import { type EncodedEvent, encodeEvent } from '../events/encode-events.ts'
import { parseRecords } from '../statement/record-text.ts'
import type { OpenRun } from './open-run.ts'
import { openRowOutput } from './row-output.ts'
import { type ShownOnce, showRows } from './shown-once.ts'
import type { TenantTransaction, TransactionEnd } from './tenant-transaction.ts'

export interface ReadRows extends TransactionEnd {
  readonly rowCount: number
  /** Events that leave after the commit. */
  readonly events: readonly EncodedEvent[]
  readonly cursor: string | undefined
  readonly isTruncated: boolean
}

export interface Reading {
  readonly statement: number
  /** Rows leave after the commit. */
  readonly holds: boolean
  /** Secrets that leave with the rows. */
  readonly once?: ShownOnce
  /** Called when the first rows have left. */
  sent(): void
}

/** How long one call gathers rows before it hands them over. */
const fetchMs = 250
/** How long the database may work for one statement's rows, whatever the client takes; documented in docs/sql.md. */
const mostDatabaseMs = 300_000

export async function readRows(
  run: OpenRun,
  transaction: TenantTransaction,
  reading: Reading,
): Promise<ReadRows> {
  const { statement, holds, once } = reading
  const columns = (await transaction.columns()).map(({ name, typeName }) => ({ name, type: typeName }))
  const output = openRowOutput(run, statement, { isShownOnce: once !== undefined })
  const head = encodeEvent({ type: 'columns', statement, columns })
  let events: readonly EncodedEvent[] = [head]
  let sending: Promise<void> = Promise.resolve()
  let rest = ''
  let databaseMs = 0
  const result = (end: TransactionEnd, isTruncated: boolean): ReadRows => ({
    ...end,
    events: [...events, ...output.take()],
    rowCount: output.rowCount,
    cursor: output.cursor,
    isTruncated,
  })
  for (;;) {
    const askedMs = run.ports.clock.now().getTime()
    const fetched = await transaction.fetch(fetchMs)
    databaseMs += run.ports.clock.now().getTime() - askedMs
    const parsed = parseRecords(rest + fetched.text, columns.length)
    rest = parsed.rest
    await sending
    await output.add(once ? await showRows(run.ports.cipher, parsed.rows, once) : parsed.rows)
    if (fetched.isFinished) return result(fetched, output.cursor !== undefined)
    if (output.isFull && !holds) return result(await transaction.close(), true)
    if (run.log.isCancelled())
      throw new IasqlError('sql/cancelled', 'canceling statement due to user request')
    if (databaseMs >= mostDatabaseMs) throw tooLong()
    if (holds || parsed.rows.length === 0) continue
    run.log.addEncoded([...events, ...output.take()])
    events = []
    reading.sent()
    sending = run.log.flush()
    sending.catch(() => undefined)
  }
}

const tooLong = (): IasqlError =>
  new IasqlError('sql/timeout', 'canceling statement due to statement timeout', {
    hint: 'The database may work 5 minutes for one statement; select less at a time, for example by key.',
  })
