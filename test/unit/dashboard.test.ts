/** What the status page asks, with the network answered by hand. */
import { expect, test } from 'vitest'
import { askHealth, becomeFirstOwner, fetchTicket } from '../../dashboard/api.ts'
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

const configuration = { socketUrl: 'wss://socket.example', httpUrl: 'https://api.example' }

test('a ticket is asked for with the bearer token in a header, never in the address', async () => {
  const { asked, get } = network(200, { ticket: 'once' })

  expect(await fetchTicket(get, configuration, 'secret token')).toBe('once')

  expect(asked[0]?.url).toBe('https://api.example/ticket')
  expect(asked[0]?.init).toMatchObject({ method: 'POST', headers: { authorization: 'Bearer secret token' } })
})

test("a refusal is told in the server's own words", async () => {
  const { get } = network(403, { message: 'The secret was used before.', hint: 'Deploy again.' })

  await expect(becomeFirstOwner(get, configuration, { secret: 'x' })).rejects.toThrow(
    'The secret was used before. Deploy again.',
  )
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

/** A tab with its own storage, at an issuer that gives every code the same token. */
function tab() {
  const kept = new Map<string, string>()
  const { asked, get } = network(200, {
    authorization_endpoint: 'https://issuer.example/authorize',
    token_endpoint: 'https://issuer.example/token',
    id_token: 'header.body.signature',
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
