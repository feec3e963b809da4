import { expect, test } from 'vitest'
import { doorOf } from '#operations/connection/door.ts'
import { isJwt, newTicketText, newTokenText } from '#operations/people/bearer-text.ts'
import { chooseTenant } from '#operations/people/choose-tenant.ts'
import { networkOf } from '#operations/people/sign-in-failures.ts'

const acme = { alias: 'acme' }
const beta = { alias: 'beta' }
const ann = { who: 'ann@example.com', alias: undefined }

test('a person means the tenant that they name, or the only one that they are a member of', () => {
  expect(chooseTenant([acme], ann)).toBe(acme)
  expect(chooseTenant([acme, beta], { ...ann, alias: 'beta' })).toBe(beta)
})

test.each([
  [
    'names none of several',
    [acme, beta],
    undefined,
    'ann@example.com is a member of several tenants: acme, beta.',
  ],
  [
    'names another',
    [acme, beta],
    'gamma',
    'ann@example.com is no member of gamma; the tenants are: acme, beta.',
  ],
  ['is a member of none', [], 'acme', 'ann@example.com is a member of no tenant here.'],
])('a person who %s is told which there are', (_, memberships, alias, message) => {
  const choosing = () => chooseTenant(memberships, { ...ann, alias })

  expect(choosing).toThrow(expect.objectContaining({ code: 'auth/tenant', message }))
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:0:12:a:b:c:d', '2001:db8:0:12'],
  ['2001:0DB8::1', '2001:db8:0:0'],
  ['2001:db8::12:a:b:c:d', '2001:db8:0:12'],
  ['::1', '0:0:0:0'],
])('attempts from %s count for %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

test('a token is told apart from a JWT, and no two are alike', () => {
  const texts = [newTokenText(), newTokenText(), newTicketText(), newTicketText()]

  expect(texts.map(isJwt)).toEqual([false, false, false, false])
  expect(isJwt('eyJh.eyJz.sig-_')).toBe(true)
  expect(new Set(texts).size).toBe(4)
  expect(texts[0]).toMatch(/^iasql_[\w-]{43}$/)
})

test('the door is shut to pages and has room for 50 connections a person unless the deployment says otherwise', () => {
  expect(doorOf({})).toEqual({ allowedOrigins: [], room: { perTenant: 500, perSubject: 50 } })
  expect(
    doorOf({
      IASQL_ALLOWED_ORIGINS: 'https://a.example, https://b.example',
      IASQL_CONNECTIONS_PER_TENANT: '9',
      IASQL_CONNECTIONS_PER_SUBJECT: 'many',
    }),
  ).toEqual({
    allowedOrigins: ['https://a.example', 'https://b.example'],
    room: { perTenant: 9, perSubject: 50 },
  })
})
