import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createExecution } from '#operations/execution/create-execution.ts'
import type { ExecutionContext } from '#operations/execution/execution-context.ts'
import { giveBack, takeExecution } from '#operations/execution/hand-over.ts'
import { recoverRuns } from '#operations/run/recover-runs.ts'
import { atTenant } from '#operations/tenant/cell.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { loadTenant } from '#operations/tenant/load-tenant.ts'
import { postNews, storeNews } from '#operations/topics/publish.ts'
import { replaceToken } from '#postgres/statements/token-replace.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { connect } from '#websocket/client.ts'
import type { Topic } from '#websocket/messages.ts'
import { BareClient, type Message } from '../support/bare-client.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost
let tenant: Tenant
let other: Tenant

const tenantOf = async (alias: string): Promise<Tenant> => {
  const [row] = await host.database.platform.query<{ id: string }>(
    'SELECT tenant_id AS id FROM iasql_platform.tenant WHERE alias = :alias',
    { alias },
  )
  return loadTenant(host.serving.ports, row?.id ?? '')
}
const addToken = (owner: Tenant, name: string, token: string) =>
  replaceToken(host.database.platform, {
    tenantId: owner.id,
    name,
    role: 'owner',
    tokenHash: createHash('sha256').update(token).digest('hex'),
  })

beforeAll(async () => {
  host = await startLiveHost()
  tenant = await tenantOf('local')
  other = await createTenant(host.serving.ports, { alias: 'other', secrets: host.database.secrets })
  await addToken(other, 'other', 'token-of-the-other')
})

afterAll(async () => {
  await host?.stop()
})

const open = (token = host.token) => BareClient.open(host.serving.url, token)
const subscribed = async (client: BareClient, topic: Topic, afterSeq?: number): Promise<number> => {
  const seen = client.messages.length
  client.send({ action: 'subscribe', topic, ...(afterSeq === undefined ? {} : { afterSeq }) })
  const answer = await client.until(
    (message) => message.type === 'subscribed' && client.messages.indexOf(message) >= seen,
  )
  expect(answer.topic).toBe(topic)
  return answer.seq as number
}
const newsOf = (client: BareClient, topic: Topic): Message[] =>
  client.messages.filter((message) => message.type === 'topic' && message.topic === topic)
/** As a client reads them: sorted, and each once. */
const seqsOf = (client: BareClient, topic: Topic): number[] =>
  [...new Set(newsOf(client, topic).map(({ seq }) => seq as number))].toSorted((a, b) => a - b)
const publish = async (to: Tenant, body: object, topic: Topic = 'drift') => {
  const { ports } = await atTenant(host.serving.ports, to.id)
  const news = await storeNews(ports.platform, to, { topic, events: [{ kind: 'told', body: { ...body } }] })
  await postNews(ports, to, news)
}
const upTo = (last: number, from = 1): number[] => Array.from({ length: last - from + 1 }, (_, n) => from + n)

test('an install tells how its execution went, and which modules are there now', async () => {
  const client = await open()
  await subscribed(client, 'executions')
  await subscribed(client, 'schema')

  const { runId } = await client.run("SELECT * FROM iasql_install('aws_sqs')")
  await client.run("SELECT * FROM iasql_uninstall('aws_sqs')")
  await client.until(({ type, kind }) => type === 'topic' && kind === 'uninstalled')
  await expect.poll(() => newsOf(client, 'executions').length).toBe(4)

  const [started, ended] = newsOf(client, 'executions')
  const executionId = expect.stringMatching(/^\d+$/)
  const same = { executionId, kind: 'install', actor: 'local', runId, statement: 0 }
  expect(started).toMatchObject({ kind: 'started', at: expect.stringMatching(/^\d{4}-.*Z$/), body: same })
  expect(ended?.body).toEqual({ ...same, state: 'succeeded', done: 1, failed: 0, total: 1, error: null })
  expect(
    newsOf(client, 'schema').map(({ kind, body }) => [kind, (body as { module: string }).module]),
  ).toEqual([
    ['installed', 'aws_sqs'],
    ['uninstalled', 'aws_sqs'],
  ])
  client.close()
})

test("a tenant's own DDL is news once it is committed, one for each transaction", async () => {
  const client = await open()
  await subscribed(client, 'schema')

  const { runId } = await client.run(`
    CREATE TABLE mine (n int);
    INSERT INTO mine VALUES (1);
    BEGIN; CREATE VIEW seen AS SELECT n FROM mine; ROLLBACK;
    BEGIN; ALTER TABLE mine ADD m int; SAVEPOINT s; CREATE TABLE gone (); ROLLBACK TO s; CREATE INDEX ON mine (m); COMMIT;
    CREATE TABLE mine ()`)
  await client.run('SELECT * INTO kept FROM mine; DROP TABLE kept')
  await expect.poll(() => newsOf(client, 'schema').length).toBe(4)

  const commands = newsOf(client, 'schema').map(({ body }) => (body as { commands: unknown }).commands)
  expect(commands).toEqual([
    [{ statement: 0, tag: 'CREATE TABLE' }],
    [
      { statement: 6, tag: 'ALTER TABLE' },
      { statement: 10, tag: 'CREATE INDEX' },
    ],
    [{ statement: 0, tag: 'SELECT INTO' }],
    [{ statement: 1, tag: 'DROP TABLE' }],
  ])
  expect(newsOf(client, 'schema')[0]).toMatchObject({ kind: 'changed', body: { runId, actor: 'local' } })
  client.close()
})

test('what a runner committed before it died is news too', async () => {
  const client = await open()
  await subscribed(client, 'schema')
  const runId = randomUUID()
  const { ports } = await atTenant(host.serving.ports, tenant.id)
  const { platform } = ports
  const [{ xid } = { xid: '' }] = await platform.query<{ xid: string }>(
    'SELECT pg_current_xact_id()::text AS xid',
  )
  await platform.run(`INSERT INTO ${tenant.schema}.iasql_run (run_id, actor, role, state, lease_until)
    VALUES ('${runId}', 'local', 'owner', 'running', now() - interval '1 minute')`)
  await platform.run(`INSERT INTO ${tenant.schema}.iasql_commit (xid, actor, run_id, statement, tag, row_count, commands)
    VALUES ('${xid}', 'local', '${runId}', 0, 'COMMIT', 0, '[{"statement": 0, "tag": "DROP VIEW"}]')`)

  await recoverRuns(ports)

  const news = await client.until(({ type, kind }) => type === 'topic' && kind === 'changed')
  expect(news.body).toEqual({ runId, actor: 'local', commands: [{ statement: 0, tag: 'DROP VIEW' }] })
  client.close()
})

test('an execution that only looks again and again whether it may go on is news once', async () => {
  const client = await open()
  const { ports } = await atTenant(host.serving.ports, tenant.id)
  await subscribed(client, 'executions')
  const id = await createExecution(ports, tenant, {
    kind: 'apply',
    rpc: 'x',
    arguments: [],
    actor: 'ann',
  })

  for (const seconds of [2, 2, 2, 0, 0, 2]) {
    const execution = await takeExecution(ports, tenant, id)
    await giveBack({ ports, tenant, execution } as ExecutionContext, { kind: 'more', seconds, memory: {} })
  }

  const states = ['started', 'waiting', 'running', 'waiting']
  await expect.poll(() => newsOf(client, 'executions').map(({ kind }) => kind)).toEqual(states)
  await ports.platform.run(
    `UPDATE ${tenant.schema}.iasql_execution_record SET ended_at = now() WHERE actor = 'ann'`,
  )
  client.close()
})

test('a subscriber gets what came after its number, then what comes; without one only what comes', async () => {
  for (let n = 1; n <= 5; n++) await publish(tenant, { n })
  const whole = await open()
  const part = await open()
  const fresh = await open()

  const places = await Promise.all([
    subscribed(whole, 'drift', 0),
    subscribed(part, 'drift', 3),
    subscribed(fresh, 'drift'),
  ])
  await publish(tenant, { n: 6 })

  for (const client of [whole, part, fresh])
    await client.until(({ type, seq }) => type === 'topic' && seq === 6)
  expect(places).toEqual([0, 3, 5])
  await expect.poll(() => seqsOf(whole, 'drift')).toEqual(upTo(6))
  for (const { seq, body } of newsOf(whole, 'drift')) expect(body).toEqual({ n: seq })
  await expect.poll(() => seqsOf(part, 'drift')).toEqual([4, 5, 6])
  expect(seqsOf(fresh, 'drift')).toEqual([6])
  for (const client of [whole, part, fresh]) client.close()
})

test('nothing is lost for those who subscribe while others publish, and numbers have no gaps', async () => {
  const clients: BareClient[] = [await open()]
  const before = await subscribed(clients[0] as BareClient, 'drift')
  const publishing = Promise.all(
    upTo(8).map(async (writer) => {
      for (let n = 0; n < 15; n++) await publish(tenant, { writer, n, filler: 'x'.repeat(20_000) })
    }),
  )
  for (let n = 0; n < 6; n++) {
    const client = await open()
    clients.push(client)
    await subscribed(client, 'drift', before)
  }
  await publishing

  for (const client of clients)
    await expect.poll(() => seqsOf(client, 'drift')).toEqual(upTo(before + 120, before + 1))
  for (const client of clients) client.close()
})

test('the client library goes on after a lost socket where it was', async () => {
  const { platform } = host.database
  const mine = () =>
    platform.query<{ id: string }>(
      "SELECT connection_id AS id FROM iasql_platform.subscription WHERE topic = 'drift' AND tenant_id = :id",
      { id: tenant.id },
    )
  await expect.poll(mine).toEqual([])
  const client = await connect({ url: host.serving.url, token: host.token })
  const stream = client.subscribe('drift')
  const first = stream.next()
  await expect.poll(mine).toHaveLength(1)
  await publish(tenant, { n: 'one' })
  const one = await first
  for (const { id } of await mine()) await host.serving.ports.connections.disconnect?.(id)
  await publish(tenant, { n: 'two' })

  const two = await stream.next()

  expect([one.value?.body, two.value?.body]).toEqual([{ n: 'one' }, { n: 'two' }])
  expect(two.value?.seq).toBe((one.value?.seq ?? 0) + 1)
  client.close()
})

test('a number from before what is kept, or from after what there is, is answered with what there is', async () => {
  const client = await open()
  const newest = await subscribed(client, 'drift')
  const { ports } = await atTenant(host.serving.ports, tenant.id)
  await ports.platform.run(
    `DELETE FROM ${tenant.schema}.iasql_topic_event WHERE topic = 'drift' AND seq < :seq::bigint`,
    { seq: newest },
  )

  expect(await subscribed(client, 'drift', 1)).toBe(newest - 1)
  expect(await subscribed(client, 'drift', newest + 50)).toBe(newest)
  await expect.poll(() => seqsOf(client, 'drift')).toEqual([newest])
  client.close()
})

test('no tenant sees what is published to another, and each counts for itself', async () => {
  const mine = await open()
  const theirs = await open('token-of-the-other')
  const place = await subscribed(mine, 'drift')
  await subscribed(theirs, 'drift', 0)
  await subscribed(theirs, 'schema')
  await subscribed(mine, 'schema')

  await publish(tenant, { secret: 'mine' })
  await publish(other, { secret: 'theirs' })
  await theirs.run('CREATE TABLE hidden ()')

  await mine.until(({ type, seq }) => type === 'topic' && seq === place + 1)
  await theirs.until(({ type, topic }) => type === 'topic' && topic === 'schema')
  await theirs.until(({ type, topic }) => type === 'topic' && topic === 'drift')
  expect(newsOf(mine, 'drift').map(({ body }) => body)).toEqual([{ secret: 'mine' }])
  expect(newsOf(theirs, 'drift')).toMatchObject([{ seq: 1, body: { secret: 'theirs' } }])
  expect(newsOf(mine, 'schema')).toEqual([])
  for (const client of [mine, theirs]) client.close()
})

test('nothing is pushed after unsubscribe, to a client that has gone, or to one whose token was revoked', async () => {
  const subscriptions = () =>
    host.database.platform.query<{ id: string }>(
      "SELECT connection_id AS id FROM iasql_platform.subscription WHERE tenant_id = :id AND topic = 'executions'",
      { id: other.id },
    )
  const [left, revoked] = [await open('token-of-the-other'), await open('token-of-the-other')]
  await addToken(other, 'second', 'second-token')
  const staying = await open('second-token')
  for (const client of [left, revoked, staying]) await subscribed(client, 'executions')
  left.send({ action: 'unsubscribe', topic: 'executions' })
  await expect.poll(async () => (await subscriptions()).length).toBe(2)
  await host.database.platform.run("DELETE FROM iasql_platform.token WHERE name = 'other'")
  await host.database.platform.run(
    `INSERT INTO iasql_platform.connection (connection_id, tenant_id, subject, role, endpoint, expires_at)
     VALUES ('gone=', '${other.id}', 'second', 'owner', 'e', now() + interval '1 hour')`,
  )
  await host.database.platform.run(
    `INSERT INTO iasql_platform.subscription VALUES ('gone=', '${other.id}', 'executions')`,
  )

  await publish(other, {}, 'executions')

  await staying.until(({ type }) => type === 'topic')
  await expect.poll(async () => (await subscriptions()).map(({ id }) => id)).not.toContain('gone=')
  expect([newsOf(left, 'executions'), newsOf(revoked, 'executions')]).toEqual([[], []])
  for (const client of [left, revoked, staying]) client.close()
})
