/** Tenants over the wire: made, used, suspended in the middle of work, and deleted, by what their owners type. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '#cli/main.ts'
import { BareClient } from '../support/bare-client.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'
import { testTerminal } from '../support/terminal.ts'

let host: LiveHost

beforeAll(async () => {
  host = await startLiveHost()
})
afterAll(() => host?.stop())

const rows = async (client: BareClient, sql: string) => {
  const { statements } = await client.run(sql)
  const failed = statements.find(({ error }) => error)
  if (failed?.error) throw new Error(`${failed.error.code}: ${failed.error.message}`)
  return statements.at(-1)?.rows ?? []
}

test('a tenant is made, works beside the others, is suspended in the middle of a statement, and deleted', async () => {
  const home = host.client
  const [[alias, token] = []] = await rows(home, "SELECT alias, token FROM iasql_connect('staging')")
  const staging = await BareClient.open(host.serving.url, token ?? undefined)
  await rows(staging, 'CREATE TABLE mine (n int); INSERT INTO mine VALUES (1)')
  const visible = rows(home, 'SELECT * FROM mine').catch(String)
  const refused = rows(staging, "SELECT * FROM iasql_tenant_suspend('local')").catch(String)
  const listed = await rows(staging, 'SELECT alias FROM iasql_db_list()')

  expect([alias, listed]).toEqual(['staging', [['staging']]])
  expect(await visible).toContain('relation "mine" does not exist')
  expect(await refused).toContain('auth/role')

  const runId = crypto.randomUUID()
  staging.send({ action: 'run', runId, sql: 'SELECT pg_sleep(40)' })
  await staging.until((message) => message.type === 'accepted' && message.runId === runId)
  await rows(home, "SELECT * FROM iasql_tenant_suspend('staging')")
  await expect.poll(() => staging.socket.readyState, { timeout: 20_000 }).toBe(staging.socket.CLOSED)
  const codes = staging.messages.map(({ error }) => (error as { code?: string } | undefined)?.code)
  const [[state] = []] = await rows(home, "SELECT state FROM iasql_db_list() WHERE alias = 'staging'")

  expect(codes).toContain('auth/suspended')
  expect(state).toBe('suspended')

  await rows(home, "SELECT * FROM iasql_tenant_suspend('staging', false)")
  const again = await BareClient.open(host.serving.url, token ?? undefined)
  expect(await rows(again, 'SELECT n FROM mine')).toEqual([['1']])

  expect(await rows(home, "SELECT alias, state FROM iasql_disconnect('staging')")).toEqual([
    ['staging', 'deleted'],
  ])
  expect(await rows(home, 'SELECT alias FROM iasql_db_list()')).toEqual([['local']])
})

test('the same by the command line, which leaves with what became of it', async () => {
  const iasql = async (...words: readonly string[]) => {
    const terminal = testTerminal()
    const { serving, token } = host
    const server = ['--url', serving.url, '--token', token, '--format', 'csv']
    const code = await main(['tenants', ...words, ...server], terminal)
    return [code, terminal.out().split('\n').slice(1, -1).join('|'), terminal.err()]
  }

  const [created, line] = await iasql('create', 'by-hand')
  const suspended = await iasql('suspend', 'by-hand')
  const resumed = await iasql('resume', 'by-hand')
  const limited = await iasql('quota', 'by-hand', 'runs', '7')
  const [taken, , why] = await iasql('create', 'by-hand')
  const deleted = await iasql('delete', 'by-hand', '--yes')
  const [, listed] = await iasql()

  expect([created, line]).toEqual([0, expect.stringMatching(/^by-hand,.*,shared,active,[\w.-]{20,}$/)])
  expect([suspended, resumed]).toEqual([
    [0, 'by-hand,suspended', ''],
    [0, 'by-hand,active', ''],
  ])
  expect(limited).toEqual([0, 'by-hand,10240,100000,7,20', ''])
  expect([taken, why]).toEqual([1, expect.stringContaining('there is a tenant by-hand already')])
  expect(deleted).toEqual([0, 'by-hand,deleted', ''])
  expect(listed).toMatch(/^local,/)
})
