/** Who gets in, over the socket and over HTTPS: by API token, by JWT, by ticket. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { useHost } from '#operations/host.ts'
import { oidcIdentity } from '#operations/people/oidc-identity.ts'
import type { Ports } from '#operations/ports.ts'
import { DataApiError } from '#postgres/data-api.ts'
import { personClaims } from '../support/issuer.ts'
import { openPeopleLab, ownOrigin, type PeopleLab } from '../support/people-lab.ts'

let lab: PeopleLab

beforeAll(async () => {
  lab = await openPeopleLab()
})
afterAll(() => lab?.close())
beforeEach(() => lab.reset())

const connections = () =>
  lab.query<object>('SELECT subject, role, member, tenant_id FROM iasql_platform.connection')
const ann = () => lab.issuer.sign(personClaims('u-17', 'ann@example.com'))

describe('by JWT', () => {
  test('lets a member in under the address that the issuer has verified', async () => {
    await lab.addMember(lab.acme, 'Ann@Example.com', 'editor')

    const client = await lab.open(await ann())

    client.send({ action: 'ping' })
    await client.until(({ type }) => type === 'pong')
    expect(await connections()).toEqual([
      { subject: 'ann@example.com', role: 'editor', member: 'Ann@Example.com', tenant_id: lab.acme.id },
    ])
  })

  test('lets a member in by the issuer’s own name for them, and believes no address that is not verified', async () => {
    await lab.addMember(lab.acme, 'u-17', 'viewer')
    await lab.addMember(lab.acme, 'boss@example.com', 'owner')
    const jwt = await lab.issuer.sign({ sub: 'u-17', email: 'boss@example.com', email_verified: false })

    await lab.open(jwt)

    expect(await connections()).toEqual([
      { subject: 'u-17', role: 'viewer', member: 'u-17', tenant_id: lab.acme.id },
    ])
  })

  test('asks who is a member of several tenants which one is meant, and tells them apart', async () => {
    await lab.addMember(lab.acme, 'ann@example.com', 'viewer')
    await lab.addMember(lab.beta, 'ann@example.com', 'owner')
    const jwt = await ann()

    await expect(lab.open(jwt)).rejects.toThrow('403')
    const why = await lab.post('/ticket', { bearer: jwt })
    await lab.open(jwt, '?tenant=beta')

    expect(why).toMatchObject({
      status: 403,
      body: { code: 'auth/tenant', message: expect.stringContaining('several tenants: acme, beta') },
    })
    expect(await connections()).toEqual([
      { subject: 'ann@example.com', role: 'owner', member: 'ann@example.com', tenant_id: lab.beta.id },
    ])
  })

  test.each([
    ['a member of no tenant', undefined, /member of no tenant here/],
    ['a member of another tenant', 'beta', /no member of beta; the tenants are: acme/],
    ['who names one that there is not', 'nowhere', /no member of nowhere; the tenants are: acme/],
  ])('refuses %s', async (_, tenant, message) => {
    if (tenant !== undefined) await lab.addMember(lab.acme, 'ann@example.com')
    const jwt = await ann()

    await expect(lab.open(jwt, tenant === undefined ? '' : `?tenant=${tenant}`)).rejects.toThrow('403')

    const { status, body } = await lab.post('/ticket', { bearer: jwt, body: tenant ? { tenant } : {} })
    expect([status, body.code]).toEqual([403, 'auth/tenant'])
    expect(body.message).toMatch(message)
  })

  test('refuses a JWT that has expired, or is of no issuer of ours, in words', async () => {
    await lab.addMember(lab.acme, 'ann@example.com')
    const claims = personClaims('u-17', 'ann@example.com')
    const old = await lab.issuer.sign({ ...claims, exp: Math.floor(Date.now() / 1_000) - 60 })
    const strange = await lab.issuer.sign({ ...claims, iss: 'https://evil.example' })

    await expect(lab.open(old)).rejects.toThrow('403')
    await expect(lab.open(strange)).rejects.toThrow('403')

    expect(await lab.post('/ticket', { bearer: old })).toMatchObject({
      status: 401,
      body: { code: 'auth/expired' },
    })
    expect(await lab.post('/ticket', { bearer: strange })).toMatchObject({
      status: 401,
      body: { code: 'auth/refused' },
    })
  })

  test('says where there is no issuer that JWTs are of no use, and where it is away that it is', async () => {
    await lab.addMember(lab.acme, 'ann@example.com')
    const jwt = await ann()
    lab.withIdentity(undefined)
    const none = await lab.post('/ticket', { bearer: jwt })

    lab.withIdentity(oidcIdentity({ issuer: 'http://127.0.0.1:9', audiences: ['iasql'] }))
    const away = await lab.post('/ticket', { bearer: jwt })

    expect(none).toMatchObject({
      status: 401,
      body: { code: 'auth/refused', hint: expect.stringContaining('IASQL_OIDC_ISSUER') },
    })
    expect(away).toMatchObject({ status: 503, body: { code: 'auth/issuer' } })
    await expect(lab.open(jwt)).rejects.toThrow('500')
  })
})

describe('by API token', () => {
  test('notes when it was last used, where its tenant sees it', async () => {
    await lab.addToken(lab.acme, 'good')

    await lab.open('good')

    const shown = await lab.there.platform.query<object>(
      `SELECT name, role, last_used_at IS NOT NULL AS used FROM ${lab.acme.schema}.iasql_token`,
    )
    expect(shown).toEqual([{ name: 'ci', role: 'operator', used: true }])
  })

  test.each([
    ['a wrong one', 'wrong', 401, 'auth/refused'],
    ['an expired one', 'old', 401, 'auth/expired'],
    ['one of a suspended tenant', 'asleep', 403, 'auth/suspended'],
    ['one of another tenant than is asked for', 'good', 403, 'auth/tenant'],
  ])('refuses %s, and says why over HTTPS', async (_, token, status, code) => {
    await lab.addToken(lab.acme, 'good')
    await lab.addToken(lab.acme, 'old', { name: 'old', expiresAt: '2020-01-01' })
    await lab.addToken(lab.beta, 'asleep')
    await lab.run(`UPDATE iasql_platform.tenant SET state = 'suspended' WHERE alias = 'beta'`)
    const tenant = token === 'good' ? 'beta' : token === 'asleep' ? 'beta' : 'acme'

    await expect(lab.open(token, `?tenant=${tenant}`)).rejects.toThrow('403')

    const { status: answered, body } = await lab.post('/ticket', { bearer: token, body: { tenant } })
    expect([answered, body.code, typeof body.hint]).toEqual([status, code, 'string'])
  })
})

describe('by ticket', () => {
  test('opens one socket, for the page that fetched it, as the one who fetched it', async () => {
    await lab.addMember(lab.acme, 'ann@example.com', 'editor')
    const ticket = await lab.ticket(await ann(), { origin: ownOrigin })

    const first = await lab.knock(`?ticket=${ticket}`, ownOrigin)
    const again = await lab.knock(`?ticket=${ticket}`, ownOrigin)

    expect([first, again]).toEqual(['open', '403'])
    expect(await connections()).toEqual([
      { subject: 'ann@example.com', role: 'editor', member: 'ann@example.com', tenant_id: lab.acme.id },
    ])
  })

  test('is stored by its hash only, and good for a minute', async () => {
    await lab.addToken(lab.acme, 'good')

    const { body, headers } = await lab.post('/ticket', { bearer: 'good' })

    const stored = await lab.query<{ all: string; seconds: number }>(
      `SELECT t::text AS all, extract(epoch FROM expires_at - made_at)::int AS seconds FROM iasql_platform.ticket t`,
    )
    expect(stored[0]?.seconds).toBe(60)
    expect(stored[0]?.all).not.toContain(body.ticket)
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test.each([
    ['is made up', async () => 'made-up', ownOrigin],
    ['was fetched by another page', (token: string) => lab.ticket(token, { origin: ownOrigin }), undefined],
    ['was fetched by a program', (token: string) => lab.ticket(token), ownOrigin],
    [
      'has expired',
      async (token: string) => {
        const ticket = await lab.ticket(token, { origin: ownOrigin })
        await lab.run("UPDATE iasql_platform.ticket SET expires_at = now() - interval '1 second'")
        return ticket
      },
      ownOrigin,
    ],
    [
      'was fetched with what is revoked since',
      async (token: string) => {
        const ticket = await lab.ticket(token, { origin: ownOrigin })
        await lab.run('DELETE FROM iasql_platform.token')
        return ticket
      },
      ownOrigin,
    ],
    [
      'leads to a tenant that was suspended since',
      async (token: string) => {
        const ticket = await lab.ticket(token, { origin: ownOrigin })
        await lab.run("UPDATE iasql_platform.tenant SET state = 'suspended'")
        return ticket
      },
      ownOrigin,
    ],
  ])('is refused when it %s', async (_, fetchTicket, origin) => {
    await lab.addToken(lab.acme, 'good')
    const ticket = await fetchTicket('good')

    const outcome = await lab.knock(`?ticket=${ticket}`, origin)

    expect(outcome).toBe('403')
    expect(await connections()).toEqual([])
  })

  test('gives a socket that ends when the JWT does with which it was fetched, clocks 30 seconds apart', async () => {
    await lab.addMember(lab.acme, 'ann@example.com')
    const exp = Math.floor(Date.now() / 1_000) + 90
    const jwt = await lab.issuer.sign({ ...personClaims('u-17', 'ann@example.com'), exp })

    await lab.knock(`?ticket=${await lab.ticket(jwt)}`)

    const [connection] = await lab.query<{ until: number }>(
      'SELECT extract(epoch FROM expires_at)::int AS until FROM iasql_platform.connection',
    )
    expect(connection?.until).toBe(exp + 30)
  })
})

describe('over HTTPS', () => {
  test('allows the pages of the deployment and no others, and tells browsers so', async () => {
    await lab.addToken(lab.acme, 'good')

    const own = await lab.post('/ticket', { bearer: 'good', origin: ownOrigin })
    const foreign = await lab.post('/ticket', { bearer: 'good', origin: 'https://evil.example' })

    expect(own.status).toBe(200)
    expect(own.headers.get('access-control-allow-origin')).toBe(ownOrigin)
    expect(foreign).toMatchObject({ status: 403, body: { code: 'auth/origin' } })
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('answers what a browser asks before it asks', async () => {
    const ask = (origin: string) =>
      fetch(`${lab.gateway.url.replace(/^ws/, 'http')}ticket`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      })

    const [own, foreign] = [await ask(ownOrigin), await ask('https://evil.example')]

    expect([own.status, foreign.status]).toEqual([204, 403])
    expect(own.headers.get('access-control-allow-headers')).toBe('authorization, content-type')
  })

  test.each([
    ['no bearer', { body: {} }, 401, 'auth/refused'],
    ['a body that is no JSON', { bearer: 'good', body: '{' }, 400, 'protocol/bad-json'],
    ['a body that is no object', { bearer: 'good', body: '[]' }, 400, 'protocol/bad-json'],
    ['a tenant that is no text', { bearer: 'good', body: { tenant: 7 } }, 400, 'protocol/bad-field'],
  ])('refuses %s by name', async (_, request, status, code) => {
    await lab.addToken(lab.acme, 'good')

    const answer = await lab.post('/ticket', request)

    expect([answer.status, answer.body.code]).toEqual([status, code])
  })

  test('tells whether the database answers, without saying what it is', async () => {
    const health = `${lab.gateway.url.replace(/^ws/, 'http')}health`
    const well = await fetch(health)
    const away = new DataApiError('unavailable', 'connect ECONNREFUSED 10.0.0.7')
    useHost({ ...lab.ports, platform: { query: () => Promise.reject(away) } } as unknown as Ports)

    const ill = await fetch(health)

    expect([well.status, await well.json()]).toEqual([200, { status: 'ok' }])
    expect(ill.status).toBe(503)
    expect(await ill.text()).not.toContain('10.0.0.7')
  })

  test('refuses a body that is far too large', async () => {
    const response = await fetch(`${lab.gateway.url.replace(/^ws/, 'http')}ticket`, {
      method: 'POST',
      body: 'x'.repeat(70_000),
    })

    expect(response.status).toBe(413)
  })
})
