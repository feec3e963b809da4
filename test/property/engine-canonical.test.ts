/** The one form of a value, however it is spelled. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, equals } from '#engine/columns/canonical.ts'
import type { Equality } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'
import { column } from '#test/support/engine-tables.ts'

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>
const equality = fc.constantFrom<Equality>('plain', 'set', 'document', 'policy', 'tags', 'cidr')
const statement = fc.record(
  {
    Sid: fc.constantFrom('', 'a'),
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.oneof(fc.constantFrom('s3:Get', 's3:get'), fc.array(fc.constantFrom('s3:Get', 'sqs:*'))),
    Principal: fc.constantFrom<Json>(
      '*',
      { AWS: '123456789012' },
      { AWS: ['arn:aws:iam::123456789012:root'] },
    ),
    Condition: fc.constantFrom<Json>({ Bool: { k: true } }, { Bool: { K: ['true'] } }),
  },
  { requiredKeys: [] },
)
const policy = fc.record({ Statement: fc.oneof(statement, fc.array(statement)) }) as fc.Arbitrary<Json>
const cidr = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
)
const spelled = cidr.map(([address, bits]) => `${address}/${bits}`)
const value: fc.Arbitrary<Json> = fc.oneof(json, policy, spelled)

describe('canonical forms', () => {
  test('are their own canonical form', () => {
    fc.assert(
      fc.property(equality, value, (kind, given) => {
        const its = column({ equality: kind, sqlType: 'jsonb' })
        const once = canonical(its, given)
        expect(canonical(its, once)).toEqual(once)
      }),
    )
  })

  test('of a set do not depend on order or doubles', () => {
    fc.assert(
      fc.property(fc.array(json), (items) => {
        const set = column({ equality: 'set', sqlType: 'jsonb' })
        expect(equals(set, items, [...items, ...items].reverse())).toBe(true)
      }),
    )
  })
})
