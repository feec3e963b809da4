/** References by name within one transaction: statements come in an order in which each name is there when it is used. */
import { expect, test } from 'vitest'
import type { AuditedChange } from '#engine/history/audited-change.ts'
import { regenerate } from '#engine/history/regenerate.ts'
import type { Row } from '#engine/model/json.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { column, table } from '#test/support/engine-tables.ts'

const byName = { table: 'test.bucket', need: 'ready', by: 'name' } as const
const bucket = table({
  name: 'bucket',
  naturalKey: ['name'],
  uniqueKey: true,
  columns: { name: column({ required: true }), logs: column({ reference: byName }) },
})
const file = table({
  name: 'file',
  naturalKey: ['bucket_name', 'key'],
  uniqueKey: true,
  columns: {
    bucket_name: column({ required: true, reference: byName }),
    key: column({ required: true }),
  },
})
const lookup = tableLookup([bucket, file])
const place = { account_id: '1', region: 'r' }
const bucketRow = (id: number, name: string, logs: string | null = null): Row => ({
  id,
  name,
  logs,
  ...place,
})
const fileRow = (id: number, bucketName: string): Row => ({ id, bucket_name: bucketName, key: 'k', ...place })

type Step = readonly [string, Row | null, Row | null]

/** Of one transaction, in the order of the log; `left`: the rows that there are afterwards. */
function told(
  steps: readonly Step[],
  left: Readonly<Record<string, readonly Row[]>> = {},
): readonly string[] {
  const changes = steps.map(
    ([name, original, change], index): AuditedChange => ({
      id: index + 1,
      table: name,
      rowId: Number((change ?? original)?.id),
      original,
      change,
      xid: '7',
      origin: 'user',
    }),
  )
  return regenerate({ lookup, changes, current: new Map(Object.entries(left)) })
}
const named = (name: string): string => `name = '${name}' AND region = 'r'`

test('what is named comes before what names it', () => {
  const [b, f] = [bucketRow(1, 'b'), fileRow(2, 'b')]

  const statements = told(
    [
      ['file', null, f],
      ['bucket', null, b],
    ],
    { bucket: [b], file: [f] },
  )

  expect(statements).toEqual([
    "INSERT INTO bucket (name, region) VALUES ('b', 'r');",
    "INSERT INTO file (bucket_name, key, region) VALUES ('b', 'k', 'r');",
  ])
})

test('what names a row goes before it, also where another takes the name', () => {
  const heir = bucketRow(9, 'b')

  const statements = told(
    [
      ['bucket', bucketRow(1, 'b'), null],
      ['file', fileRow(2, 'b'), null],
      ['bucket', null, heir],
    ],
    { bucket: [heir] },
  )

  expect(statements).toEqual([
    "DELETE FROM file WHERE bucket_name = 'b' AND key = 'k' AND region = 'r';",
    `DELETE FROM bucket WHERE ${named('b')};`,
    "INSERT INTO bucket (name, region) VALUES ('b', 'r');",
  ])
})

test('those that name a row follow its new name by themselves', () => {
  const [b, f] = [bucketRow(1, 'c'), fileRow(2, 'c')]

  const statements = told(
    [
      ['file', fileRow(2, 'b'), f],
      ['bucket', bucketRow(1, 'b'), b],
    ],
    { bucket: [b], file: [f] },
  )

  expect(statements).toEqual([`UPDATE bucket SET name = 'c' WHERE ${named('b')};`])
})

test('a row that moves to one which gets its name in the same transaction moves after that', () => {
  const [b, f] = [bucketRow(1, 'c'), fileRow(2, 'c')]

  const statements = told(
    [
      ['file', fileRow(2, 'a'), f],
      ['bucket', bucketRow(1, 'b'), b],
    ],
    { bucket: [b, bucketRow(3, 'a')], file: [f] },
  )

  expect(statements).toEqual([
    `UPDATE bucket SET name = 'c' WHERE ${named('b')};`,
    "UPDATE file SET bucket_name = 'c' WHERE bucket_name = 'a' AND key = 'k' AND region = 'r';",
  ])
})

test('rows that name each other come, and let go of each other before they go', () => {
  const [a, z] = [bucketRow(3, 'a', 'z'), bucketRow(4, 'z', 'a')]

  const coming = told(
    [
      ['bucket', null, a],
      ['bucket', null, z],
    ],
    { bucket: [a, z] },
  )
  const going = told([
    ['bucket', a, null],
    ['bucket', z, null],
  ])

  expect(coming).toEqual([
    "INSERT INTO bucket (name, region) VALUES ('z', 'r');",
    "INSERT INTO bucket (name, logs, region) VALUES ('a', 'z', 'r');",
    `UPDATE bucket SET logs = 'a' WHERE ${named('z')};`,
  ])
  expect(going).toEqual([
    `UPDATE bucket SET logs = NULL WHERE ${named('a')};`,
    `DELETE FROM bucket WHERE ${named('z')};`,
    `DELETE FROM bucket WHERE ${named('a')};`,
  ])
})
