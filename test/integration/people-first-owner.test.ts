/** The first owner of a deployment: made by a secret that is good once. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { offerFirstOwner } from '#operations/people/first-owner.ts'
import { personClaims } from '../support/issuer.ts'
import { openPeopleLab, type PeopleLab } from '../support/people-lab.ts'

let lab: PeopleLab
const secret = 'a-secret-of-forty-characters-made-by-AWS'

beforeAll(async () => {
  lab = await openPeopleLab()
})
afterAll(() => lab?.close())
beforeEach(async () => {
  await lab.reset()
  await offerFirstOwner(lab.ports, { tenantId: lab.acme.id, secret })
})

const ann = () => lab.issuer.sign(personClaims('u-17', 'ann@example.com'))
const claim = (bearer?: string, body: object = { secret }) =>
  lab.post('/first-owner', { body, ...(bearer === undefined ? {} : { bearer }) })
const owners = () =>
  lab.query<object>("SELECT tenant_id, subject FROM iasql_platform.member WHERE role = 'owner'")

test('who shows it is owner of the home tenant from then on, and the log says who', async () => {
  const answer = await claim(await ann())

  expect(answer).toMatchObject({ status: 200, body: { tenant: 'acme', subject: 'ann@example.com' } })
  expect(answer.body.token).toBeUndefined()
  expect(await owners()).toEqual([{ tenant_id: lab.acme.id, subject: 'ann@example.com' }])
  const client = await lab.open(await ann())
  client.send({ action: 'ping' })
  await client.until(({ type }) => type === 'pong')
  const [change] = await lab.query<object>(
    `SELECT actor, change_type, change #>> '{change,role}' AS role FROM ${lab.acme.schema}.iasql_audit_log
     WHERE table_name = 'iasql_member' AND change #>> '{change,subject}' = 'ann@example.com' ORDER BY id DESC LIMIT 1`,
  )
  expect(change).toEqual({ actor: 'ann@example.com', change_type: 'INSERT', role: 'owner' })
})

test('who is a member already becomes an owner under the name that they have', async () => {
  await lab.addMember(lab.acme, 'u-17', 'viewer')

  await claim(await ann())

  expect(await owners()).toEqual([{ tenant_id: lab.acme.id, subject: 'u-17' }])
})

test('gives a token where there is no issuer, this one time', async () => {
  lab.withIdentity(undefined)
  const first = await claim()
  const again = await claim()

  const client = await lab.open(first.body.token)

  expect(first).toMatchObject({ status: 200, body: { tenant: 'acme', subject: 'first-owner' } })
  expect(again).toMatchObject({
    status: 403,
    body: { code: 'auth/first-owner', message: 'The secret was used before.' },
  })
  expect(again.body.token).toBeUndefined()
  client.send({ action: 'ping' })
  await client.until(({ type }) => type === 'pong')
})

test('of many who show it at once one becomes the owner', async () => {
  const people = await Promise.all(
    Array.from({ length: 5 }, (_, n) => lab.issuer.sign(personClaims(`u-${n}`, `p${n}@example.com`))),
  )

  const answers = await Promise.all(people.map((bearer) => claim(bearer)))

  expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403, 403])
  expect((await owners()).length).toBe(1)
})

test.each([
  ['a wrong secret', async () => claim(await ann(), { secret: 'wrong' }), 403, 'The secret is wrong.'],
  ['no secret', async () => claim(await ann(), {}), 400, 'secret must be the text that the deployment made.'],
  ['nobody signed in', () => claim(), 401, 'Nobody is signed in, so there is nobody to make an owner.'],
  [
    'an expired secret',
    async () => {
      await lab.run("UPDATE iasql_platform.first_owner SET expires_at = now() - interval '1 second'")
      return claim(await ann())
    },
    403,
    'The secret has expired.',
  ],
  [
    'a secret of a tenant that has an owner',
    async () => {
      await lab.addMember(lab.acme, 'boss@example.com', 'owner')
      return claim(await ann())
    },
    403,
    'There is an owner already.',
  ],
])('refuses %s and makes nobody an owner of anything', async (_, claiming, status, message) => {
  const answer = await claiming()

  expect([answer.status, answer.body.message]).toEqual([status, message])
  expect(await lab.query("SELECT 1 FROM iasql_platform.member WHERE subject = 'ann@example.com'")).toEqual([])
  expect(await lab.query('SELECT 1 FROM iasql_platform.first_owner WHERE used_at IS NOT NULL')).toEqual([])
})

test('is stored by its hash, lasts a week, and is offered anew by a deployment until somebody has used it', async () => {
  await lab.run("UPDATE iasql_platform.first_owner SET expires_at = now() - interval '1 day'")
  await offerFirstOwner(lab.ports, { tenantId: lab.acme.id, secret })
  const [row] = await lab.query<{ text: string; days: number }>(
    `SELECT f::text AS text, round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM iasql_platform.first_owner f`,
  )
  const first = await claim(await ann())
  await offerFirstOwner(lab.ports, { tenantId: lab.acme.id, secret })

  const again = await claim(await ann())

  expect(row?.days).toBe(7)
  expect(row?.text).not.toContain(secret)
  expect([first.status, again.status]).toEqual([200, 403])
})

test('guessing it is limited as guessing tokens is', async () => {
  for (let n = 0; n < 10; n += 1) await claim(await ann(), { secret: `guess-${n}` })

  const answer = await claim(await ann())

  expect(answer).toMatchObject({ status: 429, body: { code: 'auth/too-many' } })
})
