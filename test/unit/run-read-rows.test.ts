/** The watchdog of a statement: the time of the database counts, the time of the client does not. */
import { expect, test } from 'vitest'
import type { OpenRun } from '#operations/run/open-run.ts'
import { readRows } from '#operations/run/read-rows.ts'
import type { TenantTransaction } from '#operations/run/tenant-transaction.ts'

const end = { xid: undefined, notices: [] }
const reading = { statement: 0, holds: false, sent: () => undefined }

/** A result of `calls` calls, each of which takes the database and the client as long as given. */
function slowResult({ calls, databaseMs, clientMs }: Record<'calls' | 'databaseMs' | 'clientMs', number>) {
  let nowMs = 0
  let fetched = 0
  const run = {
    claimed: { options: {} },
    ports: { clock: { now: () => new Date(nowMs) } },
    log: {
      isCancelled: () => false,
      addEncoded: () => undefined,
      flush: async () => {
        nowMs += clientMs
      },
    },
  } as unknown as OpenRun
  const transaction = {
    columns: async () => [{ name: 'n', typeName: 'int4' }],
    fetch: async () => {
      nowMs += databaseMs
      fetched += 1
      return { text: '(1)', isFinished: fetched === calls, ...end }
    },
  } as unknown as TenantTransaction
  return { run, transaction, fetches: () => fetched }
}

test('a statement that takes the database 5 minutes is cancelled, with what to do next', async () => {
  const { run, transaction, fetches } = slowResult({ calls: 1_000, databaseMs: 30_000, clientMs: 0 })

  await expect(readRows(run, transaction, reading)).rejects.toMatchObject({
    code: 'sql/timeout',
    sqlstate: '57014',
    hint: expect.stringContaining('5 minutes'),
  })
  expect(fetches()).toBe(10)
})

test('a client that takes its time is waited for', async () => {
  const { run, transaction } = slowResult({ calls: 100, databaseMs: 250, clientMs: 30_000 })

  expect(await readRows(run, transaction, reading)).toMatchObject({ rowCount: 100 })
})

test('a result that ends in time counts, however late its last call', async () => {
  const { run, transaction } = slowResult({ calls: 10, databaseMs: 30_000, clientMs: 0 })

  expect(await readRows(run, transaction, reading)).toMatchObject({ rowCount: 10 })
})
