import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, equals } from '#engine/columns/canonical.ts'
import { mergeColumn } from '#engine/merge/merge-column.ts'
import { mergeRow } from '#engine/merge/merge-row.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { Column, Equality } from '#engine/model/column.ts'
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

const small = fc.constantFrom<Json>(null, 1, 2, 3)
const states = fc.record({ desired: small, base: small, observed: small })
const argument = column({ sqlType: 'integer' })

describe('merging a column', () => {
  test('the untouched side never wins', () => {
    fc.assert(
      fc.property(small, small, (base, changed) => {
        fc.pre(base !== changed)
        expect(mergeColumn(argument, { desired: changed, base, observed: base })).toEqual({
          kind: 'push',
          value: changed,
        })
        expect(mergeColumn(argument, { desired: base, base, observed: changed })).toEqual({
          kind: 'pull',
          value: changed,
        })
      }),
    )
  })

  test('a conflict is one from either side', () => {
    fc.assert(
      fc.property(states, ({ desired, base, observed }) => {
        const there = mergeColumn(argument, { desired, base, observed })
        const back = mergeColumn(argument, { desired: observed, base, observed: desired })
        expect(there.kind === 'conflict').toBe(back.kind === 'conflict')
      }),
    )
  })

  test('there is never a third value', () => {
    fc.assert(
      fc.property(states, fc.constantFrom('track', 'enforce', 'observe'), (three, drift) => {
        const verdict = mergeColumn(argument, three, drift)
        if ('value' in verdict) expect([three.desired, three.observed]).toContainEqual(verdict.value)
      }),
    )
  })
})

const columns: Readonly<Record<string, Column>> = {
  size: argument,
  kept: column({ sqlType: 'integer', clearable: false }),
  tags: column({ sqlType: 'jsonb', equality: 'tags' }),
  url: column({ nature: 'output' }),
  note: column({ nature: 'local' }),
}
const row = fc.record({
  size: small,
  kept: small,
  tags: fc.constantFrom<Json>(null, {}, { a: '1' }, { 'aws:x': '1' }),
  url: fc.constantFrom<Json>(null, 'a', 'b'),
  note: small,
})

describe('settling a row', () => {
  test('leaves only the edits that wait, whatever had happened', () => {
    fc.assert(
      fc.property(row, row, row, (desired, base, observed) => {
        const settled = settleRow({ columns }, { desired, base, observed })
        const after = { desired: { ...desired, ...settled.write }, base: settled.base, observed }

        expect(Object.keys(mergeRow({ columns }, after)).sort()).toEqual([...settled.open].sort())
        expect(settleRow({ columns }, after)).toEqual({ base: settled.base, write: {}, open: settled.open })
      }),
    )
  })
})
