/** What the kit makes of a definition. */
import { expect, test } from 'vitest'
import {
  arnOf,
  boolean,
  booleanIn,
  choice,
  defineTable,
  integer,
  jsonIn,
  numberIn,
  reference,
  resourceOf,
  tags,
  text,
  textOf,
} from '#modules/kit/index.ts'
import { tagChanges, tagsFrom, tagsWithToken } from '#modules/kit/tags.ts'

test('a column without options is an optional argument that is changed in place', () => {
  const column = text('Some text.')

  expect(column).toEqual({
    sqlType: 'text',
    description: 'Some text.',
    nature: 'argument',
    required: false,
    replaces: false,
    equality: 'plain',
    clearable: false,
  })
})

test('options become data', () => {
  const columns = [
    boolean('b', { default: false, replaces: 'before' }),
    integer('i', { output: true }),
    choice(['a', 'b'], 'Kind.', { required: true }),
    integer('n', { min: 1, max: 9, check: '{} <> 5' }),
    reference('aws_vpc.vpc', 'r', { need: 'exists' }),
    reference('aws_vpc.availability_zone', 'z', { by: 'name' }),
    tags(),
  ]

  expect(columns).toMatchObject([
    { default: false, replaces: 'before' },
    { nature: 'output' },
    { required: true, check: "{} IN ('a', 'b')", description: 'Kind. One of a, b.' },
    { check: '{} >= 1 AND {} <= 9 AND {} <> 5' },
    { sqlType: 'bigint', reference: { table: 'aws_vpc.vpc', need: 'exists', by: 'id' } },
    { sqlType: 'text', reference: { table: 'aws_vpc.availability_zone', need: 'ready', by: 'name' } },
    { sqlType: 'jsonb', equality: 'tags', clearable: true },
  ])
})

test('a table says what is usual by saying nothing', () => {
  const table = defineTable({ name: 't', description: 'T.', naturalKey: ['a'], columns: { a: text('A.') } })

  expect(table).toMatchObject({
    place: 'regional',
    uniqueKey: true,
    access: 'full',
    settleMs: 10_000,
    named: false,
    hydrates: [],
    estimates: { createMs: 1_000, updateMs: 1_000, deleteMs: 1_000 },
  })
})

test('tags of the engine and of AWS are not shown', () => {
  const list = [
    { Key: 'Name', Value: 'a' },
    { Key: 'iasql:token', Value: 't' },
    { Key: 'aws:cloudformation:stack-name', Value: 's' },
  ]

  expect(tagsFrom(list)).toEqual({ Name: 'a' })
  expect(tagsFrom(undefined)).toEqual({})
})

test('a create carries the token among the tags', () => {
  const list = tagsWithToken({ Name: 'a' }, 'token')

  expect(list).toEqual([
    { Key: 'Name', Value: 'a' },
    { Key: 'iasql:token', Value: 'token' },
  ])
})

test.each([
  [
    { a: '1', b: '2' },
    { a: '1', c: '3' },
    { put: { c: '3' }, remove: ['b'] },
  ],
  [{ a: '1' }, { a: '2' }, { put: { a: '2' }, remove: [] }],
  [{ a: '1', 'iasql:token': 't', 'aws:x': 'y' }, null, { put: {}, remove: ['a'] }],
  [{}, {}, { put: {}, remove: [] }],
])('from tags %o to %o it is %o', (seen, want, changes) => {
  expect(tagChanges(seen as Record<string, string>, want as Record<string, string> | null)).toEqual(changes)
})

test.each([
  ['us-east-1', 'arn:aws:sns:us-east-1:123456789012:news'],
  ['cn-north-1', 'arn:aws-cn:sns:cn-north-1:123456789012:news'],
  ['us-gov-west-1', 'arn:aws-us-gov:sns:us-gov-west-1:123456789012:news'],
])('an ARN of %s is %s', (region, arn) => {
  expect(arnOf('sns', { accountId: '123456789012', region }, 'news')).toBe(arn)
  expect(resourceOf(arn)).toBe('news')
})

test('the resource of an ARN keeps its colons', () => {
  expect(resourceOf('arn:aws:sns:us-east-1:123456789012:news:5f0')).toBe('news:5f0')
})

test.each([
  [null, ''],
  [30, '30'],
  [true, 'true'],
  ['text', 'text'],
  [{ a: [1] }, '{"a":[1]}'],
])('the value %o is the text %s', (value, text) => {
  expect(textOf(value)).toBe(text)
})

test('texts are read as what they spell, and nothing as null', () => {
  expect([jsonIn('{"a":[1]}'), numberIn('0'), booleanIn('false')]).toEqual([{ a: [1] }, 0, false])
  expect([jsonIn(''), numberIn(undefined), booleanIn(undefined)]).toEqual([null, null, null])
})

const find = async (): Promise<undefined> => undefined

test.each([
  ['neither', false, {}],
  ['findByToken and unmarked', false, { findByToken: find, unmarked: { tokenMs: 0 } }],
  ['findByName', false, { findByName: find }],
  ['findByToken', true, { findByToken: find }],
])('a mapper with %s (named: %s) cannot tell what an unanswered create has made', (ways, named, lookUps) => {
  const given = {
    name: 't',
    description: 'T.',
    naturalKey: ['a'] as const,
    columns: { a: text('A.') },
    named,
  }

  expect(() => defineTable({ ...given, mapper: lookUps as never })).toThrow(`has ${ways}`)
})
