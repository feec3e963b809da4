/** What the status page asks, with the network answered by hand. */
import { afterEach, expect, test, vi } from 'vitest'
import { ClientError } from '#websocket/client-error.ts'
import { askHealth, becomeFirstOwner, fetchTicket, wordsOf } from '../../dashboard/api.ts'
import { beginSignIn, finishSignIn, type Surroundings } from '../../dashboard/sign-in.ts'
import { askExecutions } from '../../dashboard/status.ts'

interface Asked {
  readonly url: string
  readonly init: RequestInit
}

/** Answers every request by status and body, and notes it. */
function network(status: number, body: object) {
  const asked: Asked[] = []
  const get = (async (url: string | URL, init: RequestInit = {}) => {
    asked.push({ url: String(url), init })
    return Response.json(body, { status })
  }) as typeof fetch
  return { asked, get }
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const configuration = { socketUrl: 'wss://socket.example', httpUrl: 'https://api.example' }

test('a ticket is asked for with the bearer token in a header, never in the address', async () => {
  const { asked, get } = network(200, { ticket: 'once', expiresAt: '2027-01-01T00:00:00Z' })
  vi.stubGlobal('fetch', get)

  expect(await fetchTicket(configuration, { token: 'secret token', tenant: 'staging' })).toBe('once')

  expect(asked[0]?.url).toBe('https://api.example/ticket')
  expect(asked[0]?.init).toMatchObject({ method: 'POST', headers: { authorization: 'Bearer secret token' } })
  expect(asked[0]?.init.body).toBe('{"tenant":"staging"}')
})

test('who gets no ticket hears why, with advice for people', async () => {
  const told = async (status: number, body: object) => {
    vi.stubGlobal('fetch', network(status, body).get)
    const error: unknown = await fetchTicket(configuration, { token: 'x' }).catch((reason) => reason)
    // What the socket's client takes for an answer, and not for a lost line.
    expect(error).toBeInstanceOf(ClientError)
    return wordsOf(error)
  }
  const wrong = { code: 'auth/refused', message: 'There is no such token.', hint: 'It is in a file.' }
  const shut = { code: 'auth/suspended', message: 'The tenant is suspended.', hint: 'Ask an owner.' }

  expect(await told(401, wrong)).toBe('There is no such token. Was it copied whole?')
  expect(await told(403, shut)).toBe('The tenant is suspended. Ask an owner.')
  expect(await told(502, {})).toBe('What answers at https://api.example is not iasql.')
})

test("a refusal is told in the server's own words", async () => {
  const { get } = network(403, { message: 'The secret was used before.', hint: 'Deploy again.' })

  await expect(becomeFirstOwner(get, configuration, { secret: 'x' })).rejects.toThrow(
    'The secret was used before. Deploy again.',
  )
})

test('where nothing answers, the secret of the first owner can be shown again', async () => {
  const silent = (() => Promise.reject(new TypeError('Failed to fetch'))) as typeof fetch

  await expect(becomeFirstOwner(silent, configuration, { secret: 'x' })).rejects.toThrow('Nothing answers.')
})

test('the first owner gets a token where nobody signs in elsewhere', async () => {
  const { asked, get } = network(200, { tenant: 'home', subject: 'first-owner', token: 'shown once' })

  expect(await becomeFirstOwner(get, configuration, { secret: 'x' })).toBe('shown once')
  expect(asked[0]?.init.body).toBe('{"secret":"x"}')
})

test('health is well, ill, or no answer at all', async () => {
  const silent = (() => Promise.reject(new TypeError('Failed to fetch'))) as typeof fetch

  expect(await askHealth(network(200, {}).get, configuration)).toEqual({ kind: 'well' })
  expect(await askHealth(network(503, {}).get, configuration)).toMatchObject({
    why: expect.stringContaining('503'),
  })
  expect(await askHealth(silent, configuration)).toEqual({ kind: 'ill', why: 'Nothing answers.' })
})

test('a database that wakes is asked again until it is awake, and given up in the end', async () => {
  vi.useFakeTimers()
  const answering = (times: number) => {
    const { get } = network(200, {})
    let left = times
    return ((...asked: Parameters<typeof fetch>) =>
      left-- > 0 ? Promise.resolve(Response.json({}, { status: 202 })) : get(...asked)) as typeof fetch
  }

  const soon = askHealth(answering(3), configuration)
  const never = askHealth(answering(1_000), configuration)
  await vi.advanceTimersByTimeAsync(200_000)

  expect(await soon).toEqual({ kind: 'well' })
  expect(await never).toEqual({ kind: 'ill', why: 'The database is still waking up.' })
})

/** A tab with its own storage, at an issuer that gives every code the same answer. */
function tab(answer: object = { id_token: 'header.body.signature' }) {
  const kept = new Map<string, string>()
  const { asked, get } = network(200, {
    authorization_endpoint: 'https://issuer.example/authorize',
    token_endpoint: 'https://issuer.example/token',
    ...answer,
  })
  const around: Surroundings = {
    fetch: get,
    pageUrl: 'https://pages.example/',
    storage: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    },
  }
  return { around, asked }
}

const issuer = { issuer: 'https://issuer.example/', audience: 'client' }

test('signing in goes by a code and a proof that only this tab has', async () => {
  const { around, asked } = tab()

  const there = new URL(await beginSignIn(issuer, around))
  const back = new URLSearchParams({ code: 'one', state: there.searchParams.get('state') ?? '' })
  const token = await finishSignIn(issuer, back, around)

  const exchanged = new URLSearchParams(String(asked.at(-1)?.init.body))
  const proof = new TextEncoder().encode(exchanged.get('code_verifier') ?? '')
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', proof)).toString('base64url')
  expect(token).toBe('header.body.signature')
  expect(there.searchParams.get('code_challenge')).toBe(digest)
  expect(there.searchParams.get('redirect_uri')).toBe('https://pages.example/')
  expect(exchanged.get('code')).toBe('one')
})

test('what the issuer refuses is told in its words, at the door and when it gives no token', async () => {
  const { around } = tab({ error: 'invalid_grant', error_description: 'The code has expired' })
  const back = async (answer: Record<string, string>) => {
    const there = new URL(await beginSignIn(issuer, around))
    const state = there.searchParams.get('state') ?? ''
    return await finishSignIn(issuer, new URLSearchParams({ ...answer, state }), around)
  }

  await expect(back({ error: 'access_denied' })).rejects.toThrow('refuses to sign you in: access_denied')
  await expect(back({ code: 'old' })).rejects.toThrow('refuses to sign you in: The code has expired')
})

test('an issuer that is away is told, with another way in', async () => {
  const { around } = tab()
  const away = { ...around, fetch: (() => Promise.reject(new TypeError('Failed'))) as typeof fetch }

  await expect(beginSignIn(issuer, away)).rejects.toThrow('does not answer. An API token works without it.')
})

test('an answer that this tab did not ask for is ignored, and its code is not used', async () => {
  const { around, asked } = tab()
  await beginSignIn(issuer, around)
  const before = asked.length

  const forged = await finishSignIn(issuer, new URLSearchParams({ code: 'theirs', state: 'theirs' }), around)
  const again = await finishSignIn(issuer, new URLSearchParams({ code: 'theirs', state: 'theirs' }), around)

  expect([forged, again]).toEqual([undefined, undefined])
  expect(asked).toHaveLength(before)
})

test('rows of a statement that is run again count once', async () => {
  const rows = [['apply', 'succeeded', '3']]
  const run = () =>
    (async function* () {
      yield { type: 'rows', rows: [['apply', 'running', '1']] }
      yield { type: 'reset' }
      yield { type: 'rows', rows }
    })()

  expect(await askExecutions({ run: run as never })).toEqual(rows)
})
