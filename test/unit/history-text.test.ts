/** Single changes as statements: what is told of a row, what is left out, and how it is named. */
import { expect, test } from 'vitest'
import type { AuditedChange } from '#engine/history/audited-change.ts'
import { contentText } from '#engine/history/content-text.ts'
import { regenerate } from '#engine/history/regenerate.ts'
import { reviewSections } from '#engine/history/review-text.ts'
import type { Row } from '#engine/model/json.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { column, refersTo, table } from '#test/support/engine-tables.ts'

const accounts = table({
  name: 'aws_accounts',
  place: 'tenant',
  access: 'read',
  writable: ['default_tags'],
  naturalKey: ['account_id'],
  uniqueKey: true,
  columns: {
    account_id: column({ required: true }),
    default_tags: column({ sqlType: 'jsonb', nature: 'local' }),
    is_default: column({ sqlType: 'boolean', nature: 'local' }),
  },
})
const network = table({
  name: 'network',
  naturalKey: ['label'],
  uniqueKey: true,
  columns: {
    label: column({ required: true }),
    arn: column({ nature: 'output' }),
    user: column({}),
    big: column({ sqlType: 'bigint', default: 5 }),
    pass: column({ secret: true }),
  },
})
const part = table({
  name: 'part',
  naturalKey: ['network_id', 'place'],
  uniqueKey: true,
  columns: { network_id: refersTo('test.network'), place: column({}), text: column({}) },
})
const lookup = tableLookup([accounts, network, part])
const here = { account_id: '1', region: 'r' }
const places = [{ id: 1, account_id: '1', is_default: true, default_tags: null }]

let id = 0
const changed = (
  table: string,
  original: Row | null,
  change: Row | null,
  more: Partial<AuditedChange> = {},
): AuditedChange => {
  id += 1
  return {
    id,
    table,
    rowId: Number((change ?? original)?.id),
    original,
    change,
    xid: String(id),
    origin: 'user',
    ...more,
  }
}
const told = (changes: readonly AuditedChange[], current: Readonly<Record<string, readonly Row[]>> = {}) =>
  regenerate({ lookup, changes, current: new Map(Object.entries({ aws_accounts: places, ...current })) })

const row = (more: Row): Row => ({
  id: 7,
  label: 'a',
  arn: null,
  user: null,
  big: 5,
  pass: null,
  ...here,
  ...more,
})

test('leaves outputs, nulls, defaults and the default account out, and quotes key words', () => {
  const statements = told([changed('network', null, row({ arn: 'arn:1', user: "o'b" }))])

  expect(statements).toEqual([`INSERT INTO network (label, "user", region) VALUES ('a', 'o''b', 'r');`])
})

test('names another account than the default, and the default by its function beside others', () => {
  const two = [...places, { id: 2, account_id: '2', is_default: false, default_tags: null }]
  const other = row({ account_id: '2' })

  const statements = told(
    [
      changed('network', null, other),
      changed('network', row({ id: 8, label: 'b' }), null),
      changed('aws_accounts', two[0] ?? null, { ...two[0], default_tags: { a: '1' } }),
    ],
    { aws_accounts: [{ ...two[0], default_tags: { a: '1' } }, two[1] ?? {}], network: [other] },
  )

  expect(statements).toEqual([
    "INSERT INTO network (label, account_id, region) VALUES ('a', '2', 'r');",
    "DELETE FROM network WHERE label = 'b' AND account_id = default_aws_account() AND region = 'r';",
    `UPDATE aws_accounts SET default_tags = '{"a":"1"}' WHERE account_id = default_aws_account();`,
  ])
})

test('never tells a secret, only that one has to be given', () => {
  const first = row({ pass: 'secret:1' })
  const statements = told([
    changed('network', null, first),
    changed('network', first, row({ pass: 'secret:2' })),
    changed('network', row({ pass: 'secret:2' }), row({ pass: 'secret:3', big: 6 })),
  ])

  expect(statements).toEqual([
    "INSERT INTO network (label, region) /* give pass: a secret is not kept */ VALUES ('a', 'r');",
    "-- UPDATE network SET … WHERE label = 'a' AND region = 'r'; give pass: a secret is not kept",
    "UPDATE network SET big = 6 /* give pass: a secret is not kept */ WHERE label = 'a' AND region = 'r';",
  ])
})

test('no value breaks out of a statement that is only a comment', () => {
  const first = row({ label: 'a\n; DROP TABLE network; --', pass: 'secret:1' })

  const [statement] = told([changed('network', first, { ...first, pass: 'secret:2' })], {
    network: [{ ...first, pass: 'secret:2' }],
  })

  expect(statement).toMatch(/^-- UPDATE network SET … WHERE label = 'a ; DROP TABLE/)
  expect(statement).not.toContain('\n')
})

test('does not tell what follows by itself from the move of a row that is referred to', () => {
  const from = row({})
  const to = row({ region: 's' })
  const child = { id: 1, network_id: 7, place: 'p', text: null, ...here }
  const moved = { ...child, region: 's' }

  const statements = told([
    changed('part', child, moved, { xid: 'x' }),
    changed('network', from, to, { xid: 'x' }),
    changed('part', moved, { ...moved, text: 'after' }),
  ])

  expect(statements).toEqual([
    "UPDATE network SET region = 's' WHERE label = 'a' AND region = 'r';",
    "UPDATE part SET text = 'after' WHERE network_id = (SELECT id FROM network WHERE label = 'a' AND region = 's') AND place = 'p' AND region = 's';",
  ])
})

test('tells what a sync pulled, and of an apply only what is not a value for what had none', () => {
  const before = row({ user: 'x' })
  const statements = told([
    changed('network', null, before),
    changed('network', before, row({ user: 'y', arn: 'arn:1' }), { origin: 'pull' }),
    changed('network', row({ user: 'y' }), row({ user: 'y', big: 9 }), { origin: 'outcome' }),
    changed('network', row({ user: 'y', big: 9 }), null, { origin: 'pull' }),
    changed('network', null, row({ id: 9, label: 'imported' }), { origin: 'pull' }),
    changed('network', row({ id: 9, label: 'imported' }), null, { origin: 'along' }),
  ])

  expect(statements).toEqual([
    `INSERT INTO network (label, "user", region) VALUES ('a', 'x', 'r');`,
    `UPDATE network SET "user" = 'y' WHERE label = 'a' AND region = 'r';`,
    "UPDATE network SET big = 9 WHERE label = 'a' AND region = 'r';",
    "DELETE FROM network WHERE label = 'a' AND region = 'r';",
  ])
})

test('applies before it names a row that only an apply brings', () => {
  const parent = row({})
  const made = { id: 1, network_id: 7, place: 'main', text: null, ...here }
  const statements = told([
    changed('network', null, parent),
    changed('part', null, made, { origin: 'made' }),
    changed('part', made, { ...made, text: 'mine' }),
    changed('part', { ...made, text: 'mine' }, { ...made, text: 'more' }),
  ])

  expect(statements.map((sql) => sql.split(' WHERE')[0])).toEqual([
    "INSERT INTO network (label, region) VALUES ('a', 'r');",
    'SELECT * FROM iasql_apply();',
    "UPDATE part SET text = 'mine'",
    "UPDATE part SET text = 'more'",
  ])
})

test('puts a text with several references together from its parts', () => {
  const text = '100% of ${network(7).arn} and ${network(7).label}, not of ${network(99).arn}'
  const statements = told([
    changed('network', null, row({})),
    changed('part', null, { id: 1, network_id: null, place: null, text, ...here }),
  ])

  const network = "(SELECT id FROM network WHERE label = 'a' AND region = 'r')"
  expect(statements[1]).toBe(
    "INSERT INTO part (text, region) VALUES (format('100%% of %s and %s, not of ${network(99).arn}', " +
      `iasql_ref('network', ${network}, 'arn'), iasql_ref('network', ${network}, 'label')), 'r');`,
  )
})

test('names rows without a name that refer to each other, or to themselves', () => {
  const knot = table({
    name: 'knot',
    columns: { knot_id: refersTo('test.knot'), size: column({ sqlType: 'integer' }) },
  })
  const of = (id: number, knotId: number | null, size: number): Row => ({
    id,
    knot_id: knotId,
    size,
    ...here,
  })
  const rows = [of(1, 2, 5), of(2, 1, 6), of(3, 3, 7)]

  const statements = regenerate({
    lookup: tableLookup([accounts, knot]),
    changes: rows.map((knotted) => changed('knot', knotted, { ...knotted, size: 9 })),
    current: new Map<string, readonly Row[]>([
      ['aws_accounts', places],
      ['knot', rows.map((knotted) => ({ ...knotted, size: 9 }))],
    ]),
  })

  const id = (size: number) => `(SELECT id FROM knot WHERE size = ${size} AND region = 'r')`
  expect(statements).toEqual([
    `UPDATE knot SET size = 9 WHERE knot_id = ${id(6)} AND size = 5 AND region = 'r';`,
    `UPDATE knot SET size = 9 WHERE knot_id = ${id(9)} AND size = 6 AND region = 'r';`,
    `UPDATE knot SET size = 9 WHERE size = 7 AND region = 'r';`,
  ])
})

test('knows nothing of tables that are not installed', () => {
  expect(told([changed('gone', null, { id: 1 }), changed('gone', { id: 1 }, null)])).toEqual([])
})

test('a review names what may be lost and what is known only later, each kind once', () => {
  const change = { table: 't', description: 't x', reason: 'edited', actor: 'ann', unknown: [] }
  const sections = reviewSections({
    title: 'T',
    description: '',
    statements: [],
    notices: ['2 changes are left out.'],
    changes: [
      { ...change, action: 'delete', name: 'x', risk: 'deletes data' },
      { ...change, action: 'replace', name: 'y', risk: 'deletes data' },
      { ...change, action: 'create', name: 'z', risk: 'none', unknown: ['arn'] },
    ],
  })

  expect(sections[3]?.markdown).toBe(
    '## Risks\n\n- **deletes data**: delete t x, replace t y\n- **known only once applied**: t z: arn',
  )
  expect(sections[2]?.markdown).toContain('| delete | t x | edited | ann |')
  expect(sections[2]?.markdown).toMatch(/\n\n> 2 changes are left out\.$/)
})

test('tells what has its value again after it was cleared, and not what the cloud has filled in', () => {
  const statements = told([
    changed('network', row({ user: 'x' }), row({})),
    changed('network', row({}), row({ user: 'x' }), { origin: 'outcome' }),
    changed('network', row({ id: 8 }), row({ id: 8, user: 'chosen' }), { origin: 'outcome' }),
  ])

  expect(statements).toEqual([
    `UPDATE network SET "user" = NULL WHERE label = 'a' AND region = 'r';`,
    `UPDATE network SET "user" = 'x' WHERE label = 'a' AND region = 'r';`,
  ])
})

test('contents are told as text where that is what comes back, else as bytes', () => {
  const page = table({
    name: 'page',
    naturalKey: ['key'],
    uniqueKey: true,
    columns: { key: column({}), body: column({ content: true }) },
  })
  const kept = new Map([
    ['sha256:a', contentText(Buffer.from("it's \\x00"))],
    ['sha256:b', contentText(Buffer.from([0, 255]))],
    ['sha256:c', contentText(Buffer.from(String.raw`\x00`))],
  ])
  const of = (body: string | null): Row => ({ id: 1, key: 'k', body, ...here })
  const bodies = [null, 'sha256:a', 'sha256:b', 'sha256:c', 'sha256:unknown']

  const statements = regenerate({
    lookup: tableLookup([accounts, page]),
    changes: bodies.map((body, index) =>
      changed('page', index === 0 ? null : of(bodies[index - 1] ?? null), of(body)),
    ),
    current: new Map([['aws_accounts', places]]),
    contents: kept,
  })

  const where = "WHERE key = 'k' AND region = 'r';"
  expect(statements).toEqual([
    "INSERT INTO page (key, region) VALUES ('k', 'r');",
    String.raw`UPDATE page SET body = 'it''s \x00' ${where}`,
    String.raw`UPDATE page SET body = '\x00ff' ${where}`,
    String.raw`UPDATE page SET body = '\x5c783030' ${where}`,
    `-- UPDATE page SET … ${where} give body: what the log does not hold`,
  ])
})
