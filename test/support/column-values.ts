/** Values of a column as users write them and as AWS gives them back, made from the column's data alone. */
import fc from 'fast-check'
import type { Column, Equality, SqlType } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'

/** Two spellings of one value. */
export interface Spelled {
  readonly value: Json
  readonly again: Json
}

export const spelled = (column: Pick<Column, 'equality' | 'sqlType'>): fc.Arbitrary<Spelled> =>
  column.equality === 'plain' ? plain[column.sqlType] : special[column.equality]

export const valuesOf = (column: Pick<Column, 'equality' | 'sqlType'>): fc.Arbitrary<Json> =>
  spelled(column).map(({ value }) => value)

const same = (value: Json): Spelled => ({ value, again: value })
const numbers = (...values: readonly number[]) =>
  fc.tuple(fc.constantFrom(...values), fc.boolean()).map(([value, isText]): Spelled => {
    return { value, again: isText ? String(value) : value }
  })

const plain: Readonly<Record<SqlType, fc.Arbitrary<Spelled>>> = {
  text: fc.constantFrom('a', 'A', 'b', '', ' a', '10.0.0.1', 'x.fifo', '{}', 'null', '$', 'é').map(same),
  integer: numbers(0, 1, 2, 30),
  bigint: numbers(0, 1, 2 ** 40),
  boolean: fc.boolean().map(same),
  'double precision': numbers(0, 0.5, -1.25),
  jsonb: fc.constantFrom<Json>({ a: 1 }, [1, 2], 'x').map(same),
  timestamptz: fc.constantFrom(0, 1, 86_400_000).map((ms): Spelled => {
    const value = new Date(ms).toISOString()
    return { value, again: new Date(ms + 7_200_000).toISOString().replace('Z', '+02:00') }
  }),
}

const asText = ([{ value, again }, isText]: readonly [Spelled, boolean]): Spelled => ({
  value,
  again: isText ? JSON.stringify(again) : again,
})

const setOf = fc
  .tuple(fc.subarray(['a', 'b', 'c'] as Json[]), fc.subarray(['a', 'b'] as Json[]))
  .map(([items, doubled]): Spelled => {
    return { value: items, again: [...items, ...doubled.filter((item) => items.includes(item))].reverse() }
  })

/** The same members in the other order, at every depth. */
function turned(value: Json): Json {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: Json) => turned(item))
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, turned(item)]),
  )
}

const document = fc
  .dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.oneof(
      fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>,
      fc.constantFrom<Json>(1, 'x', null, [2, 1]),
    ),
  )
  .map((value): Spelled => ({ value: { ...value }, again: turned({ ...value }) }))

const actions: readonly Spelled[] = [
  { value: 'sqs:Send', again: ['SQS:send'] },
  { value: ['sqs:Send', 's3:Get'], again: ['s3:get', 'sqs:send', 's3:Get'] },
  same('*'),
]
const principals: readonly Spelled[] = [
  { value: '*', again: { AWS: ['*'] } },
  { value: { AWS: '123456789012' }, again: { AWS: 'arn:aws:iam::123456789012:root' } },
  same({ Service: 'sns.amazonaws.com' }),
]
const conditions: readonly Spelled[] = [
  { value: { Bool: { 'aws:SecureTransport': true } }, again: { Bool: { 'AWS:securetransport': ['true'] } } },
  { value: { NumericEquals: { n: 5 } }, again: { NumericEquals: { N: '5' } } },
]
const statement = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Deny').map(same),
    Action: fc.constantFrom(...actions),
    Principal: fc.constantFrom(...principals),
    Condition: fc.option(fc.constantFrom(...conditions), { nil: undefined }),
  })
  .map((members): Spelled => {
    const side = (name: 'value' | 'again'): Json =>
      Object.fromEntries(
        Object.entries(members).flatMap(([key, member]) => (member ? [[key, member[name]]] : [])),
      )
    return { value: side('value'), again: { ...(turned(side('again')) as object), Sid: '' } }
  })
const policy = fc.array(statement, { minLength: 1, maxLength: 2 }).map((statements): Spelled => {
  const [only] = statements
  const again = statements.map((one) => one.again).reverse()
  return {
    value: { Version: '2012-10-17', Statement: statements.map(({ value }) => value) },
    again: { Statement: statements.length === 1 && only ? only.again : again, Version: '2012-10-17' },
  }
})

const tags = fc
  .dictionary(fc.constantFrom('Name', 'team'), fc.constantFrom('a', 'b', ''))
  .map((own): Spelled => {
    const hasNone = Object.keys(own).length === 0
    return { value: { ...own }, again: hasNone ? null : { 'aws:made': 'x', ...own, 'iasql:token': 't' } }
  })

const cidr = fc.constantFrom<Spelled>(
  { value: '10.0.0.0/16', again: '10.0.3.7/16' },
  { value: '10.0.0.0/17', again: ' 10.0.0.1/17' },
  { value: '2001:db8::/32', again: '2001:0DB8:0:0::1/32' },
  { value: '::/0', again: '0:0:0:0:0:0:0:0/0' },
  { value: '10.0.0.1', again: '10.0.0.1 ' },
)

const maybeText = (both: fc.Arbitrary<Spelled>) => fc.tuple(both, fc.boolean()).map(asText)

const special: Readonly<Record<Exclude<Equality, 'plain'>, fc.Arbitrary<Spelled>>> = {
  set: maybeText(setOf),
  document: maybeText(document),
  policy: maybeText(policy),
  tags,
  cidr,
}
