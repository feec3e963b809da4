/** Statements that take too long are ended from outside, whatever limits their session has set for itself. */
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { endRunaways } from '#operations/watchdog/end-runaways.ts'
import { endRunaway, findSuspects } from '#postgres/statements/runaway.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { openPlatformLab, type PlatformLab } from '../support/platform-lab.ts'

let lab: PlatformLab
let tenant: Tenant
const clients: pg.Client[] = []

beforeAll(async () => {
  lab = await openPlatformLab()
  tenant = await lab.create('acme')
  await lab.platform.run(
    `UPDATE ${tenant.schema}.iasql_setting SET value = '5' WHERE name = 'statement_timeout'`,
  )
})
afterAll(() => lab?.close())
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined)
})

/** Logged in directly, with every limit of its own taken away. */
const hostile = async (): Promise<pg.Client> => {
  const { host, port } = lab.database.cluster
  const { user, password } = await lab.ports.secrets.get(tenant.writer.secret)
  const client = new pg.Client({ host, port, user, password, database: lab.database.databaseName })
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  await client.query('SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0')
  return client
}

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: pg.DatabaseError) => error.code ?? error.message,
  )
const suspects = async () => (await findSuspects(lab.platform, 5)).map(({ role }) => role)

test('a statement is cancelled after the time of the setting, and its session goes on', async () => {
  const client = await hostile()
  const running = outcome(client.query('SELECT pg_sleep(60)'))
  await expect.poll(suspects, { timeout: 30_000 }).toEqual([tenant.writerRole])

  await endRunaways(lab.ports)

  expect(await running).toBe('57014')
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  expect(lab.logged).toContain('warn A statement took too long and was ended.')
})

test('a transaction that sits open ends with its session', async () => {
  const client = await hostile()
  const lost = new Promise<void>((resolve) => client.on('end', () => resolve()))
  await client.query('BEGIN')
  await client.query('SELECT 1')
  await expect.poll(suspects, { timeout: 30_000 }).toEqual([tenant.writerRole])

  await endRunaways(lab.ports)
  await lost

  expect(await suspects()).toEqual([])
})

test('a statement that catches its cancel, and goes on, ends with its session', async () => {
  const client = await hostile()
  const running = outcome(
    client.query(`DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(1); EXCEPTION WHEN query_canceled THEN NULL; END;
      END LOOP; END $$`),
  )
  await expect.poll(suspects, { timeout: 30_000 }).toEqual([tenant.writerRole])
  await endRunaways(lab.ports)
  const [suspect] = await findSuspects(lab.platform, 5)
  if (!suspect) throw new Error('it has ended')

  // As it will be when the minute that a cancelled statement has to end is over.
  const ended = await endRunaway(lab.platform, suspect, -60)

  expect(ended).toMatchObject({ state: 'active', is_terminated: true })
  expect(await running).toBe('57P01')
})

test('whoever has the process number of a runaway that has ended is left alone', async () => {
  const client = await hostile()
  const running = outcome(client.query('SELECT pg_sleep(8)'))
  await expect.poll(suspects, { timeout: 30_000 }).toEqual([tenant.writerRole])
  const [suspect] = await findSuspects(lab.platform, 5)
  if (!suspect) throw new Error('nobody is suspected')

  const others = [
    { ...suspect, role: tenant.readerRole },
    { ...suspect, backend_start: '2020-01-01 00:00:00' },
    { ...suspect, xact_start: '2020-01-01 00:00:00' },
  ]
  const ended = await Promise.all(others.map((other) => endRunaway(lab.platform, other, 5)))

  expect(ended).toEqual([undefined, undefined, undefined])
  expect(await running).toBe('done')
})

test('a statement within the time of its tenant goes on', async () => {
  await lab.platform.run(
    `UPDATE ${tenant.schema}.iasql_setting SET value = '300' WHERE name = 'statement_timeout'`,
  )
  const client = await hostile()
  const running = outcome(client.query('SELECT pg_sleep(7)'))
  await expect.poll(suspects, { timeout: 30_000 }).toEqual([tenant.writerRole])

  await endRunaways(lab.ports)

  expect(await running).toBe('done')
})
