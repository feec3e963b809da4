import { describe, expect, test } from 'vitest'
import { canonical, equals } from '#engine/columns/canonical.ts'
import { ownTags } from '#engine/columns/tags.ts'
import type { Equality } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'
import { column } from '#test/support/engine-tables.ts'

const allow = (statement: Json): Json => ({ Version: '2012-10-17', Statement: statement })

const same: readonly (readonly [Equality, string, Json, Json])[] = [
  ['set', 'the order of a set', ['b', 'a'], ['a', 'b']],
  ['set', 'doubles in a set', ['a', 'a'], ['a']],
  ['document', 'the order of keys', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
  ['document', 'a document as text', '{"a": 1}', { a: 1 }],
  ['tags', 'no tags', null, {}],
  ['tags', 'tags that AWS or iasql reserve', { 'aws:x': '1', 'iasql:token': 't', a: 'b' }, { a: 'b' }],
  ['cidr', 'host bits of an address block', '10.0.1.7/24', '10.0.1.0/24'],
  ['cidr', 'host bits inside a group', '2001:db8:0:ff00::1/52', '2001:db8:0:f000::/52'],
  ['cidr', 'case and compression of IPv6', '2001:0DB8:0000:0000::/56', '2001:db8::/56'],
  ['cidr', 'an IPv4 address inside IPv6', '::ffff:1.2.3.4/128', '::ffff:102:304/128'],
  ['policy', 'one statement or a list of one', allow({ Effect: 'Allow' }), allow([{ Effect: 'Allow' }])],
  ['policy', 'one action or a list of one', allow({ Action: 's3:Get*' }), allow({ Action: ['s3:get*'] })],
  ['policy', 'the order of resources', allow({ Resource: ['b', 'a'] }), allow({ Resource: ['a', 'b', 'a'] })],
  [
    'policy',
    'an account and its root',
    allow({ Principal: { AWS: '123456789012' } }),
    allow({ Principal: { AWS: ['arn:aws:iam::123456789012:root'] } }),
  ],
  ['policy', 'anyone', allow({ Principal: '*' }), allow({ Principal: { AWS: '*' } })],
  [
    'policy',
    'condition values and keys',
    allow({ Condition: { Bool: { 'aws:SecureTransport': false } } }),
    allow({ Condition: { Bool: { 'aws:securetransport': ['false'] } } }),
  ],
  ['policy', 'an empty Sid', allow({ Sid: '', Effect: 'Deny' }), allow({ Effect: 'Deny' })],
]

test.each(same)('as %s: %s makes no difference', (equality, _, a, b) => {
  const sqlType = equality === 'cidr' ? 'text' : 'jsonb'

  expect(equals(column({ equality, sqlType }), a, b)).toBe(true)
})

const different: readonly (readonly [Equality, Json, Json])[] = [
  ['plain', ['a', 'b'], ['b', 'a']],
  ['plain', null, ''],
  ['set', ['a'], ['a', 'b']],
  ['document', { a: [1, 2] }, { a: [2, 1] }],
  ['tags', { a: 'b' }, {}],
  ['cidr', '10.0.0.0/16', '10.0.0.0/17'],
  ['cidr', 'not an address', 'nor this'],
  ['policy', allow({ Effect: 'Allow' }), allow({ Effect: 'Deny' })],
  ['policy', allow({ Action: 'a' }), allow({ NotAction: 'a' })],
]

test.each(different)('as %s: %j differs from %j', (equality, a, b) => {
  expect(equals(column({ equality, sqlType: 'jsonb' }), a, b)).toBe(false)
})

describe('plain values', () => {
  test('numbers compare by value, however they were read', () => {
    expect(equals(column({ sqlType: 'bigint' }), '42', 42)).toBe(true)
    expect(equals(column({ sqlType: 'bigint' }), '9007199254740993', '9007199254740992')).toBe(false)
  })

  test('times compare as instants', () => {
    const time = column({ sqlType: 'timestamptz' })

    expect(equals(time, '2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00.000Z')).toBe(true)
  })
})

test('an IPv6 block gets the shortest spelling', () => {
  const cidr = column({ equality: 'cidr' })

  expect(canonical(cidr, '2001:DB8:0:0:1:0:0:0/80')).toBe('2001:db8:0:0:1::/80')
  expect(canonical(cidr, '::/0')).toBe('::/0')
})

test('own tags are text', () => {
  expect(ownTags({ count: 3, none: null, 'aws:cloudformation:stack': 'x' })).toEqual({ count: '3', none: '' })
})
