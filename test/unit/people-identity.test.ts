import { exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { identityOf } from '#operations/people/issuer-settings.ts'
import { oidcIdentity } from '#operations/people/oidc-identity.ts'
import type { Identity } from '#operations/ports.ts'
import { startTestIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'

let issuer: TestIssuer
let identity: Identity

beforeEach(async () => {
  issuer = await startTestIssuer()
  identity = oidcIdentity({ issuer: issuer.url, audiences: [testAudience, 'cli'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await issuer.close()
})

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds

test('knows a person by the sub and the verified address of a JWT that a key of the issuer signed', async () => {
  const exp = inSeconds(120)
  const jwt = await issuer.sign({ sub: 'u-17', email: 'Ann@Example.com', email_verified: true, exp })

  const person = await identity.verify(jwt)

  expect(person).toEqual({
    subject: 'u-17',
    email: 'ann@example.com',
    expiresAt: new Date((exp + 30) * 1_000),
  })
})

test.each([
  ['is not verified', { email: 'ann@example.com', email_verified: false }],
  ['is said to be verified by nobody', { email: 'ann@example.com' }],
  ['is none', { email: 'ann', email_verified: true }],
  ['holds a line break', { email: 'ann@example.com\nbob', email_verified: true }],
])('leaves an address out that %s', async (_, claims) => {
  const person = await identity.verify(await issuer.sign({ sub: 'u-17', ...claims }))

  expect(person).toMatchObject({ subject: 'u-17' })
  expect(person.email).toBeUndefined()
})

test.each([
  ['any of several audiences', { aud: ['other', 'cli'] }],
  ['Cognito’s access tokens', { aud: undefined, token_use: 'access', client_id: testAudience }],
  ['a clock that is a little behind', { exp: inSeconds(-20) }],
])('takes %s', async (_, claims) => {
  const person = await identity.verify(await issuer.sign(claims))

  expect(person.subject).toBe('somebody')
})

describe('refuses', () => {
  test.each([
    ['another audience', { aud: 'somebody-else' }, 'auth/refused', /for somebody else/],
    ['no audience', { aud: undefined }, 'auth/refused', /for somebody else/],
    [
      'an ID token’s client_id instead of one',
      { aud: undefined, token_use: 'id', client_id: testAudience },
      'auth/refused',
      /for somebody else/,
    ],
    ['another issuer', { iss: 'https://evil.example' }, 'auth/refused', /claim iss/],
    ['a JWT that has expired', { exp: inSeconds(-60) }, 'auth/expired', /has expired/],
    ['one that never expires', { exp: undefined }, 'auth/refused', /claim exp/],
    ['one that is not good yet', { nbf: inSeconds(3_600) }, 'auth/refused', /claim nbf/],
    ['one without a subject', { sub: undefined }, 'auth/refused', /claim sub/],
    ['an empty subject', { sub: '' }, 'auth/refused', /no name/],
    ['a subject with control characters', { sub: 'ann\nowner' }, 'auth/refused', /no name/],
  ])('%s', async (_, claims, code, message) => {
    const jwt = await issuer.sign(claims)

    const verifying = identity.verify(jwt)

    await expect(verifying).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('a JWT that nobody signed', async () => {
    const claims = { iss: issuer.url, aud: testAudience, sub: 'ann', exp: inSeconds(60) }

    const verifying = identity.verify(new UnsecuredJWT(claims).encode())

    await expect(verifying).rejects.toMatchObject({
      code: 'auth/refused',
      message: expect.stringMatching(/alg is not allowed/),
    })
  })

  test('a JWT of a key of somebody else, whatever key id it names', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const forge = (kid: string) =>
      new SignJWT({ iss: issuer.url, aud: testAudience, sub: 'ann', exp: inSeconds(60) })
        .setProtectedHeader({ alg: 'ES256', kid })
        .sign(privateKey)

    const known = identity.verify(await forge('key-1'))
    await expect(known).rejects.toMatchObject({
      code: 'auth/refused',
      message: expect.stringMatching(/no key of the issuer/),
    })
    const unknown = identity.verify(await forge('mine'))

    await expect(unknown).rejects.toMatchObject({
      code: 'auth/refused',
      message: expect.stringMatching(/no key of the issuer/),
    })
  })

  test('a JWT that takes the public key for a shared secret', async () => {
    const { publicKey } = await generateKeyPair('RS256', { extractable: true })
    const secret = new TextEncoder().encode(await exportSPKI(publicKey))
    const forged = await new SignJWT({ iss: issuer.url, aud: testAudience, sub: 'ann', exp: inSeconds(60) })
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
      .sign(secret)

    const verifying = identity.verify(forged)

    await expect(verifying).rejects.toMatchObject({
      code: 'auth/refused',
      message: expect.stringMatching(/alg is not allowed/),
    })
  })

  test('a JWT whose claims were changed after it was signed', async () => {
    const [header, , signature] = (await issuer.sign({ sub: 'ann' })).split('.')
    const [, claims] = (await issuer.sign({ sub: 'owner' })).split('.')

    const verifying = identity.verify([header, claims, signature].join('.'))

    await expect(verifying).rejects.toMatchObject({
      code: 'auth/refused',
      message: expect.stringMatching(/no key of the issuer/),
    })
  })

  test.each([
    ['what only looks like a JWT', 'a.b.c', /malformed|alg/],
    ['one that is too long', `${'a'.repeat(10_001)}.b.c`, /too long/],
  ])('%s', async (_, jwt, message) => {
    const verifying = identity.verify(jwt)

    await expect(verifying).rejects.toMatchObject({
      code: 'auth/refused',
      message: expect.stringMatching(message),
    })
  })
})

describe('the keys of the issuer', () => {
  test('are asked for once, and again when a new key signs', async () => {
    await identity.verify(await issuer.sign({}))
    await identity.verify(await issuer.sign({}))
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys'])

    await issuer.rotate()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 })
    const person = await identity.verify(await issuer.sign({ sub: 'ann' }))

    expect(person.subject).toBe('ann')
    expect(issuer.asked.slice(2)).toEqual(['/keys'])
  })

  test('are not asked for again by JWTs that name keys which there are not', async () => {
    await identity.verify(await issuer.sign({}))
    const before = issuer.asked.length

    for (const kid of ['a', 'b', 'c']) {
      await expect(identity.verify(await issuer.sign({}, { kid }))).rejects.toMatchObject({
        code: 'auth/refused',
      })
    }

    expect(issuer.asked.length).toBe(before)
  })

  test.each([
    ['the issuer is away', { status: 503 }, /status 503/],
    [
      'its document is that of another',
      { discovery: { issuer: 'https://evil.example' } },
      /that of https:\/\/evil\.example/,
    ],
    [
      'its keys come without TLS',
      { discovery: { jwks_uri: 'http://evil.example/keys' } },
      /no safe jwks_uri/,
    ],
  ])('cannot be had when %s, which is told apart from a bad JWT and passes', async (_, spoiled, message) => {
    Object.assign(issuer, spoiled)
    const away = identity.verify(await issuer.sign({}))
    await expect(away).rejects.toMatchObject({ code: 'auth/issuer', message: expect.stringMatching(message) })

    Object.assign(issuer, { status: 200, discovery: {} })
    const person = await identity.verify(await issuer.sign({}))

    expect(person.subject).toBe('somebody')
  })
})

describe('the environment', () => {
  test.each([
    ['an issuer without audience', { IASQL_OIDC_ISSUER: 'https://login.example' }, /both/],
    ['an audience without issuer', { IASQL_OIDC_AUDIENCE: 'iasql' }, /both/],
    [
      'an issuer without TLS',
      { IASQL_OIDC_ISSUER: 'http://login.example', IASQL_OIDC_AUDIENCE: 'iasql' },
      /https/,
    ],
    ['what is no URL', { IASQL_OIDC_ISSUER: 'login', IASQL_OIDC_AUDIENCE: 'iasql' }, /https/],
  ])('is refused with %s', (_, environment, message) => {
    expect(() => identityOf(environment)).toThrow(message)
  })

  test('gives an issuer with several audiences, or none at all', async () => {
    const environment = { IASQL_OIDC_ISSUER: issuer.url, IASQL_OIDC_AUDIENCE: 'one, cli' }

    const person = await identityOf(environment)?.verify(await issuer.sign({ aud: 'cli' }))

    expect(person?.subject).toBe('somebody')
    expect(identityOf({})).toBeUndefined()
  })
})
