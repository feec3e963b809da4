/** How clients sign in and learn that they may not: the client library in Node and as a browser uses it, and the command line. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { main } from '#cli/main.ts'
import { askTicket } from '#websocket/ask-ticket.ts'
import { connect, type IasqlClient } from '#websocket/client.ts'
import { ClientError } from '#websocket/client-error.ts'
import { personClaims } from '../support/issuer.ts'
import { openPeopleLab, type PeopleLab } from '../support/people-lab.ts'
import { testTerminal } from '../support/terminal.ts'

let lab: PeopleLab

beforeAll(async () => {
  lab = await openPeopleLab()
})
afterAll(() => lab?.close())
beforeEach(() => lab.reset())

const httpUrl = () => lab.gateway.url.replace(/^ws/, 'http').replace(/\/$/, '')
const ann = () => lab.issuer.sign(personClaims('u-17', 'ann@example.com'))
const failureOf = (promise: Promise<unknown>): Promise<ClientError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: ClientError) => error,
  )
const nextNews = (client: IasqlClient): Promise<unknown> => client.subscribe('schema').next()
const failures = () =>
  lab.query<{ failures: number }>(
    'SELECT failures FROM iasql_platform.sign_in_failure ORDER BY failures DESC',
  )

const ticketFor = (token: string, tenant?: string) => async (): Promise<string> => {
  const answer = await askTicket({ httpUrl: httpUrl(), token, tenant })
  if (answer.kind === 'ticket') return answer.ticket
  if (answer.kind === 'unknown') throw new Error('no HTTP API of ours')
  throw new ClientError('client/refused', answer.error.message, answer.error)
}

describe('a client with tickets', () => {
  test('fetches one for each socket, so that it comes back after a loss', async () => {
    await lab.addMember(lab.acme, 'ann@example.com')
    const jwt = await ann()
    let fetched = 0
    const client = await connect({
      url: lab.gateway.url,
      ticket: () => {
        fetched += 1
        return ticketFor(jwt)()
      },
    })
    const [first] = await lab.query<{ connection_id: string }>(
      'SELECT connection_id FROM iasql_platform.connection',
    )

    await lab.gateway.connections.disconnect(first?.connection_id ?? '')

    await expect.poll(() => fetched, { timeout: 10_000 }).toBe(2)
    await expect
      .poll(() => lab.query<object>('SELECT subject FROM iasql_platform.connection'), { timeout: 10_000 })
      .toEqual([{ subject: 'ann@example.com' }])
    client.close()
  })

  test('fails with the reason for which there is none', async () => {
    await lab.addMember(lab.acme, 'ann@example.com')
    const jwt = await ann()

    const error = await failureOf(connect({ url: lab.gateway.url, ticket: ticketFor(jwt, 'nowhere') }))

    expect(error).toMatchObject({ code: 'client/refused', answer: { code: 'auth/tenant' } })
  })
})

describe('a client with a token', () => {
  test.each([
    ['is wrong', 'wrong', 'auth/refused'],
    ['has expired', 'old', 'auth/expired'],
  ])('learns that it %s', async (_, token, code) => {
    await lab.addToken(lab.acme, 'old', { expiresAt: '2020-01-01' })

    const error = await failureOf(connect({ url: lab.gateway.url, token }))

    expect(error).toMatchObject({ code: 'client/refused', answer: { code, hint: expect.any(String) } })
  })

  test('names the tenant that it means', async () => {
    await lab.addMember(lab.acme, 'ann@example.com')
    await lab.addMember(lab.beta, 'ann@example.com')
    const jwt = await ann()

    const error = await failureOf(connect({ url: lab.gateway.url, token: jwt }))
    const client = await connect({ url: lab.gateway.url, token: jwt, tenant: 'beta' })

    client.close()
    expect(error).toMatchObject({ code: 'client/refused', answer: { code: 'auth/tenant' } })
  })

  test('gives up at once when its session is ended, and does not knock again', async () => {
    await lab.addToken(lab.acme, 'good')
    const client = await connect({ url: lab.gateway.url, token: 'good' })
    await lab.run('DELETE FROM iasql_platform.token')

    const error = await failureOf(nextNews(client))

    expect(error).toMatchObject({ answer: { code: 'auth/refused' } })
    expect(await failures()).toEqual([])
  })

  test('that is no good any more after a loss asks why instead of knocking for as long as it would wait', async () => {
    await lab.addToken(lab.acme, 'good')
    const client = await connect({ url: lab.gateway.url, token: 'good' })
    const news = failureOf(client.subscribe('schema').next())
    await expect
      .poll(async () => (await lab.query('SELECT 1 FROM iasql_platform.subscription')).length)
      .toBe(1)
    const [open] = await lab.query<{ connection_id: string }>(
      'SELECT connection_id FROM iasql_platform.connection',
    )
    await lab.run('DELETE FROM iasql_platform.token')

    await lab.gateway.connections.disconnect(open?.connection_id ?? '')

    expect(await news).toMatchObject({ code: 'client/refused', answer: { code: 'auth/refused' } })
    const [most] = await failures()
    expect(most?.failures).toBeLessThan(10)
  })
})

describe('the command line', () => {
  const run = async (args: readonly string[], env: Record<string, string>) => {
    const terminal = testTerminal({ env: { IASQL_URL: lab.gateway.url, ...env } })
    const code = await main(['sql', 'SELECT 1', ...args], terminal)
    return { code, err: terminal.err() }
  }

  test.each([
    [
      'a tenant that the person is no member of',
      ['--tenant', 'nowhere'],
      /no member of nowhere; the tenants are: acme/,
    ],
    [
      'a member of several who names none',
      [],
      /several tenants: acme, beta\. Name one by \?tenant=, --tenant or IASQL_TENANT/,
    ],
  ])('leaves with 3 and says why for %s', async (_, args, message) => {
    await lab.addMember(lab.acme, 'ann@example.com')
    if (args.length === 0) await lab.addMember(lab.beta, 'ann@example.com')

    const { code, err } = await run(args, { IASQL_TOKEN: await ann() })

    expect(code).toBe(3)
    expect(err).toMatch(message)
  })

  test('says of a wrong token where the right one is, and of an expired one that it has expired', async () => {
    await lab.addToken(lab.acme, 'old', { name: 'nightly', expiresAt: '2020-01-01' })

    const wrong = await run([], { IASQL_TOKEN: 'wrong' })
    const old = await run([], { IASQL_TOKEN: 'old' })

    expect([wrong.code, old.code]).toEqual([3, 3])
    expect(wrong.err).toMatch(/Is the token right\?.*IASQL_TOKEN/)
    expect(old.err).toMatch(/The token nightly has expired/)
  })
})
