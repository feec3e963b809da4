/** A session holds as long as what opened it: looked up for every message, and ended at once where somebody takes it away. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { addMember, removeMember } from '#operations/people/member-calls.ts'
import { revokeToken } from '#operations/people/token-calls.ts'
import type { RpcCall } from '#operations/rpc/catalogue.ts'
import { findSubscribers } from '#postgres/statements/subscription-find.ts'
import type { BareClient } from '../support/bare-client.ts'
import { personClaims } from '../support/issuer.ts'
import { openPeopleLab, ownOrigin, type PeopleLab } from '../support/people-lab.ts'

let lab: PeopleLab

beforeAll(async () => {
  lab = await openPeopleLab()
})
afterAll(() => lab?.close())
beforeEach(() => lab.reset())

const refusal = async (client: BareClient): Promise<string> => {
  const { error } = await client.until(({ type }) => type === 'error')
  return (error as { code: string }).code
}
const ping = async (client: BareClient): Promise<void> => {
  const before = client.messages.length
  client.send({ action: 'ping' })
  await expect.poll(() => client.messages.slice(before).map(({ type }) => type)).toContain('pong')
}
const noRun = '00000000-0000-4000-8000-000000000000'
const ann = () => lab.issuer.sign(personClaims('u-17', 'ann@example.com'))
const asMember = async (): Promise<BareClient> => {
  await lab.addMember(lab.acme, 'ann@example.com', 'editor')
  return await lab.open(await ann())
}
const asToken = async (): Promise<BareClient> => {
  await lab.addToken(lab.acme, 'good')
  return await lab.open('good')
}

describe('at the next message', () => {
  test.each([
    ['the member was removed', asMember, 'DELETE FROM iasql_platform.member', 'auth/refused'],
    ['the token was revoked', asToken, 'DELETE FROM iasql_platform.token', 'auth/refused'],
    [
      'the token has expired',
      asToken,
      "UPDATE iasql_platform.token SET expires_at = now() - interval '1 second'",
      'auth/refused',
    ],
    [
      'the JWT has expired',
      asMember,
      "UPDATE iasql_platform.connection SET expires_at = now() - interval '1 second'",
      'auth/expired',
    ],
    [
      'the tenant was suspended',
      asMember,
      "UPDATE iasql_platform.tenant SET state = 'suspended'",
      'auth/suspended',
    ],
    [
      'the member was removed and added again',
      asMember,
      `UPDATE iasql_platform.member SET added_at = now() + interval '1 second'`,
      'auth/refused',
    ],
  ])('a session ends when %s: the client is told and the socket closes', async (_, open, change, code) => {
    const client = await open()
    await ping(client)
    await lab.run(change)

    client.send({ action: 'ping' })

    expect(await refusal(client)).toBe(code)
    expect(await client.closed()).toBe(1000)
  })

  test('a member has the role that they were given meanwhile, and stays signed in', async () => {
    const client = await asMember()
    await lab.addMember(lab.acme, 'ann@example.com', 'viewer')
    const runs: unknown[] = []
    const t = lab.acme.schema

    client.send({ action: 'cancel', runId: '11111111-1111-4111-8111-111111111111' })

    await expect
      .poll(async () => {
        runs.push(...(await lab.there.platform.query<object>(`SELECT actor, role FROM ${t}.iasql_run`)))
        return runs
      })
      .toContainEqual({ actor: 'ann@example.com', role: 'viewer' })
    await ping(client)
  })
})

describe('at once', () => {
  const call = (name: string, more: Partial<RpcCall> = {}) =>
    ({
      tenant: lab.acme,
      name: 'test',
      arguments: [name],
      actor: 'boss',
      role: 'owner',
      runId: noRun,
      ...more,
    }) as RpcCall

  test('removing a member closes their connections and nobody else’s', async () => {
    const [first, second] = [await asMember(), await lab.open(await ann())]
    const other = await asToken()

    await removeMember(lab.there, call('ANN@example.com'))

    expect(await Promise.all([refusal(first), refusal(second)])).toEqual(['auth/refused', 'auth/refused'])
    expect(await Promise.all([first.closed(), second.closed()])).toEqual([1000, 1000])
    await ping(other)
  })

  test('revoking a token closes its connections, but for the one that asks', async () => {
    const [first, asking] = [await asToken(), await lab.open('good')]
    const [, { connection_id: connectionId } = { connection_id: '' }] = await lab.query<{
      connection_id: string
    }>('SELECT connection_id FROM iasql_platform.connection ORDER BY connected_at')

    await revokeToken(lab.there, call('ci', { connectionId }))

    expect(await first.closed()).toBe(1000)
    expect(asking.closeCode).toBeUndefined()
    asking.send({ action: 'ping' })
    expect(await refusal(asking)).toBe('auth/refused')
  })

  test('who is removed is sent no more news, even before they speak', async () => {
    const client = await asMember()
    client.send({ action: 'subscribe', topic: 'schema' })
    await client.until(({ type }) => type === 'subscribed')
    const before = await findSubscribers(lab.database.platform, lab.acme, 'schema')

    await lab.run('DELETE FROM iasql_platform.member')

    expect(before.length).toBe(1)
    expect(await findSubscribers(lab.database.platform, lab.acme, 'schema')).toEqual([])
  })
})

describe('the last owner', () => {
  const call = (...given: string[]) =>
    ({
      tenant: lab.acme,
      name: 'test',
      arguments: given,
      actor: 'ann',
      role: 'owner',
      runId: noRun,
    }) as unknown as RpcCall

  test.each([
    ['remove themselves', () => removeMember(lab.there, call('ann@example.com'))],
    ['make themselves less', () => addMember(lab.there, call('ann@example.com', 'operator'))],
  ])('cannot %s until there is another', async (_, leave) => {
    await lab.addMember(lab.acme, 'ann@example.com', 'owner')
    const client = await lab.open(await ann())

    await expect(leave()).rejects.toMatchObject({
      sqlstate: '55000',
      message: 'this would leave the tenant without an owner',
    })
    await ping(client)
    await lab.addMember(lab.acme, 'bob@example.com', 'owner')

    await leave()
    const owners = await lab.query("SELECT subject FROM iasql_platform.member WHERE role = 'owner'")
    expect(owners).toEqual([{ subject: 'bob@example.com' }])
  })
})

describe('guessing and flooding', () => {
  test('is refused for a minute after ten wrong attempts, whatever is shown then', async () => {
    await lab.addToken(lab.acme, 'good')
    for (let n = 0; n < 10; n += 1) await lab.post('/ticket', { bearer: `guess-${n}` })

    const answer = await lab.post('/ticket', { bearer: 'good' })
    await expect(lab.open('good')).rejects.toThrow('403')
    await lab.run("UPDATE iasql_platform.sign_in_failure SET refused_until = now() - interval '1 second'")
    const later = await lab.post('/ticket', { bearer: 'good' })

    expect(answer).toMatchObject({ status: 429, body: { code: 'auth/too-many' } })
    expect(answer.body.message).toMatch(/try again in \d+ seconds/)
    expect(answer.headers.get('retry-after')).toBe('60')
    expect(later.status).toBe(200)
  })

  test('counts what is wrong, and neither what has expired nor what is old', async () => {
    await lab.addToken(lab.acme, 'good')
    await lab.addToken(lab.acme, 'old', { name: 'old', expiresAt: '2020-01-01' })
    for (let n = 0; n < 12; n += 1) await lab.post('/ticket', { bearer: 'old' })
    for (let n = 0; n < 9; n += 1) await lab.post('/ticket', { bearer: `guess-${n}` })
    await lab.run("UPDATE iasql_platform.sign_in_failure SET since = now() - interval '61 seconds'")
    await lab.post('/ticket', { bearer: 'guess-9' })

    const answer = await lab.post('/ticket', { bearer: 'good' })

    expect(answer.status).toBe(200)
  })

  test('stores no address and nothing of what was shown, and logs where it came from', async () => {
    await lab.post('/ticket', { bearer: 'guess-the-token' })

    expect(lab.logged.at(-1)).toMatch(/A sign-in was refused.*auth\/refused.*127\.0\.0\.1/)
    expect(lab.logged.join()).not.toContain('guess')
    const rows = await lab.query<object>('SELECT * FROM iasql_platform.sign_in_failure')

    expect(rows.length).toBe(2)
    expect(JSON.stringify(rows)).not.toMatch(/127\.0\.0\.1|guess/)
  })

  test('one person has so many connections, and a tenant so many of all', async () => {
    vi.stubEnv('IASQL_CONNECTIONS_PER_SUBJECT', '2')
    vi.stubEnv('IASQL_CONNECTIONS_PER_TENANT', '3')
    await lab.addMember(lab.acme, 'ann@example.com', 'editor')
    await lab.addToken(lab.acme, 'good')
    await lab.addToken(lab.beta, 'elsewhere')
    const jwt = await ann()
    const [first] = [await lab.open(jwt), await lab.open(jwt)]

    await expect(lab.open(jwt)).rejects.toThrow('429')
    const why = await lab.post('/ticket', { bearer: jwt, origin: ownOrigin })
    await lab.open('good')
    await expect(lab.open('good')).rejects.toThrow('429')
    await lab.open('elsewhere')
    first.close()
    await expect.poll(async () => (await lab.query('SELECT 1 FROM iasql_platform.connection')).length).toBe(3)
    await lab.open('good')

    expect(why).toMatchObject({ status: 429, body: { code: 'auth/too-many' } })
    vi.stubEnv('IASQL_CONNECTIONS_PER_SUBJECT', '50')
    vi.stubEnv('IASQL_CONNECTIONS_PER_TENANT', '500')
  })
})
