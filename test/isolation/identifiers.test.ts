/** One who has seen another tenant's ids, by whatever way, can do nothing with them. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BareClient, type Message } from '../support/bare-client.ts'
import { canary } from './attempt.ts'
import { byDoor, type IsolationLab, rowsOf, startIsolationLab } from './lab.ts'

let lab: IsolationLab
/** A run of the victim whose result was cut, and so has a cursor. */
let runId: string
let cursor: string

beforeAll(async () => {
  lab = await startIsolationLab()
  const result = await lab.victor.run('SELECT body FROM schemes', { maxRows: 1 })
  runId = result.runId
  cursor = String(result.messages.find(({ type }) => type === 'complete')?.cursor)
})
afterAll(() => lab?.stop())

/** What comes back, once a ping that was sent after it is answered too. */
const answersTo = async (client: BareClient, message: object): Promise<Message[]> => {
  const before = client.messages.length
  client.send(message)
  await client.until((one) => client.messages.indexOf(one) >= before && one.type !== 'pong')
  return client.messages.slice(before)
}

const codes = (messages: readonly Message[]) =>
  messages.map(({ type, error }) => (error as { code?: string } | undefined)?.code ?? type)

describe('a run of somebody else', () => {
  test('is not resumed', async () => {
    const answers = await answersTo(lab.mallory, { action: 'resume', runId, afterSeq: 0 })

    expect(codes(answers)).toEqual(['protocol/unknown-run'])
  })

  test('gives no page of its rows', async () => {
    const page = { action: 'more', runId, statement: 0, cursor }
    const answers = await answersTo(lab.mallory, page)
    const owners = await answersTo(lab.victor, page)

    expect(codes(answers)).toEqual(['protocol/unknown-run'])
    expect(JSON.stringify(owners)).toContain(canary)
  })

  test('is another run when its id is used again: neither is told of the other', async () => {
    const before = lab.victor.messages.length
    const result = await lab.mallory.run('SELECT 666', {}, runId)

    expect(result.statements[0]?.rows).toEqual([['666']])
    expect(JSON.stringify(result.messages)).not.toContain(canary)
    expect(lab.victor.messages.slice(before)).toEqual([])
  })

  test('is not cancelled, while it waits and while it works', async () => {
    const working = randomUUID()
    lab.victor.send({ action: 'run', runId: working, sql: 'SELECT pg_sleep(2), 7' })
    await lab.victor.until((message) => message.runId === working && message.type === 'accepted')
    for (let times = 0; times < 3; times++) {
      lab.mallory.send({ action: 'cancel', runId: working })
      lab.mallory.send({ action: 'part', runId: working, index: 0, count: 2, text: 'SELECT 1;' })
    }
    const result = await lab.victor.finished(working)

    expect(result.state).toBe('succeeded')
    expect(result.statements[0]?.rows).toEqual([['', '7']])
  })
})

describe('topics', () => {
  test('tell a tenant of nothing that happens in another', async () => {
    for (const client of [lab.mallory, lab.victor]) {
      for (const topic of ['schema', 'executions', 'drift']) client.send({ action: 'subscribe', topic })
      await expect.poll(() => client.messages.filter(({ type }) => type === 'subscribed').length).toBe(3)
    }
    await rowsOf(lab.victor, 'SELECT * FROM iasql_sync(confirm => false)').catch(() => {})
    await lab.victor.run('CREATE TABLE novelty (n int)')
    await lab.victor.until(({ type, topic }) => type === 'topic' && topic === 'schema')
    await lab.mallory.run('SELECT 1')

    expect(lab.mallory.messages.filter(({ type }) => type === 'topic')).toEqual([])
  })

  test('of another name are refused', async () => {
    for (const topic of [`${lab.scene.victim.id}/schema`, `${lab.scene.victim.schema}.schema`, '*', '']) {
      expect(codes(await answersTo(lab.mallory, { action: 'subscribe', topic }))).toEqual([
        'protocol/bad-field',
      ])
    }
  })
})

describe('numbers and names in functions', () => {
  /** Both tenants count from one, so the number is one that only the victim has come to. */
  const theirs = async (column: 'plan_id' | 'execution_id', view: string): Promise<string> => {
    for (let times = 0; times < 3; times++) {
      await rowsOf(lab.victor, 'SELECT * FROM iasql_preview()')
      await rowsOf(lab.victor, 'SELECT * FROM iasql_sync()')
    }
    const last = `SELECT coalesce(max(${column}), 0) FROM ${view}`
    const [[id = '0'] = []] = await rowsOf(lab.victor, last)
    const [[own = '0'] = []] = await rowsOf(lab.mallory, last)
    expect(Number(id)).toBeGreaterThan(Number(own))
    return String(id)
  }

  let transaction: string | undefined
  const theirTransaction = async (): Promise<string> => {
    if (transaction) return transaction
    await rowsOf(lab.victor, 'SELECT * FROM iasql_begin()')
    const [[id] = []] = await rowsOf(lab.victor, 'SELECT transaction_id FROM iasql_transaction')
    await rowsOf(lab.victor, 'SELECT * FROM iasql_rollback()')
    expect(id).toBeTruthy()
    transaction = String(id)
    return transaction
  }

  test.each([
    ['a plan', async () => `SELECT * FROM iasql_apply(${await theirs('plan_id', 'iasql_plan')})`],
    [
      'an explained plan',
      async () => `SELECT * FROM iasql_explain_apply(${await theirs('plan_id', 'iasql_plan')})`,
    ],
    [
      'an execution',
      async () => `SELECT * FROM iasql_cancel(${await theirs('execution_id', 'iasql_execution')})`,
    ],
    ['a transaction', async () => `SELECT * FROM iasql_revert('${await theirTransaction()}')`],
    [
      "a transaction's history",
      async () => `SELECT * FROM iasql_get_sql_for_transaction('${await theirTransaction()}')`,
    ],
    ['an account', async () => "SELECT * FROM iasql_account_unlink('123456789012')"],
    ['an account as default', async () => "SELECT * FROM default_aws_account('999999999999')"],
    ['a token', async () => "SELECT * FROM iasql_token_revoke('victor')"],
    ['a member', async () => "SELECT * FROM iasql_member_remove('victor')"],
    ['a tenant to delete', async () => "SELECT * FROM iasql_disconnect('victor')"],
    ['a tenant to suspend', async () => "SELECT * FROM iasql_tenant_suspend('victor')"],
    ['a tenant to move', async () => "SELECT * FROM iasql_tenant_move('victor', 'dedicated')"],
    ['a quota', async () => "SELECT * FROM iasql_tenant_quota('victor', 'runs', 0)"],
    ['a tenant to make', async () => "SELECT * FROM iasql_connect('henchmen')"],
  ])('%s of another tenant is unknown or not theirs', async (_what, sql) => {
    expect(await byDoor(lab.mallory, await sql())).toMatchObject({
      kind: 'refused',
      sqlstate: expect.toBeOneOf(['42501', 'P0002', '22023', '42704', '55000', '42883', 'IQ003']),
    })
  })

  test('only the own tenant is listed', async () => {
    expect(await rowsOf(lab.mallory, 'SELECT alias FROM iasql_db_list()')).toEqual([['mallory']])
  })

  test('a forged question is answered with the rights of who asks, as any other', async () => {
    const [[viewer] = []] = await rowsOf(
      lab.mallory,
      "SELECT token FROM iasql_token_create('eyes', 'viewer', '1 day')",
    )
    const eyes = await BareClient.open(lab.host.serving.url, viewer ?? undefined)
    const forged = (name: string) => `DO $$BEGIN RAISE EXCEPTION USING ERRCODE = 'P0004',
      MESSAGE = 'IASQL_RPC {"name":"${name}","arguments":["aws_vpc"]}'; END$$`

    for (const name of ['iasql_apply', 'iasql_install', 'iasql_token_create', 'iasql_connect'])
      expect(await byDoor(eyes, forged(name))).toMatchObject({ kind: 'refused' })
    expect(await rowsOf(lab.mallory, "SELECT name FROM iasql_module WHERE name = 'aws_vpc'")).toEqual([])
    eyes.close()
  })
})

describe('credentials', () => {
  const httpUrl = () => lab.host.serving.url.replace(/^ws/, 'http').replace(/\/$/, '')
  const ticketFor = async (bearer: string, body: object) => {
    const headers = { authorization: `Bearer ${bearer}` }
    const response = await fetch(`${httpUrl()}/ticket`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return { status: response.status, ...((await response.json()) as { ticket?: string }) }
  }

  test('a token opens no other tenant than its own', async () => {
    const opened = await BareClient.open(`${lab.host.serving.url}?tenant=victor`, lab.tokens.mallory)
      .then((client) => byDoor(client, 'SELECT current_schema()'))
      .catch(() => 'refused')

    expect(opened).toBe('refused')
  })

  test('a ticket is of the tenant whose token asked for it, and is used once', async () => {
    const foreign = await ticketFor(lab.tokens.mallory, { tenant: 'victor' })
    const { ticket } = await ticketFor(lab.tokens.mallory, {})
    const url = `${lab.host.serving.url}?ticket=${ticket}&tenant=victor`
    const client = await BareClient.open(url, undefined)
    const again = await BareClient.open(url, undefined).then(
      () => 'open',
      () => 'refused',
    )

    expect(foreign.status).not.toBe(200)
    expect(await rowsOf(client, 'SELECT current_schema()')).toEqual([[lab.scene.self.schema]])
    expect(again).toBe('refused')
    client.close()
  })

  test('the path by which the product posts to connections is not to be guessed', async () => {
    for (const path of ['/@connections/x', '/local/@connections/x']) {
      const response = await fetch(`${httpUrl()}${path}`, { method: 'POST', body: 'forged' })
      expect(response.status).toBe(404)
    }
  })
})
