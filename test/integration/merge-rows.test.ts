/** Rows as statements really change them: by two people, in bulk, round about, and under one name after another. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openThingLab, type ThingLab } from '#test/support/thing-lab.ts'

let it: ThingLab

beforeAll(async () => {
  it = await openThingLab()
})
afterAll(() => it.lab.close())
beforeEach(async () => {
  await it.sql('DELETE FROM part')
  await it.sql('DELETE FROM thing')
  await it.apply()
  await it.sql(`INSERT INTO thing (name, size) VALUES ('a', 1), ('b', 2)`)
  await it.apply()
  it.cloud.calls.length = 0
  await it.notices()
})

const atRest = { plan: [], sync: [] }
const lines = (rows: readonly { readonly action?: unknown; readonly natural_name?: unknown }[]) =>
  rows.map(({ action, natural_name }) => `${action} ${natural_name}`).sort()
const sizes = () => [...it.cloud.things.values()].map(({ row }) => `${row.name} ${row.size}`).sort()

test('edits of one row by two people are one change, of the last of them', async () => {
  await it.sql(`UPDATE thing SET size = 10 WHERE name = 'a'`)
  await it.sql(`UPDATE thing SET note = 'n' WHERE name = 'a'`)

  expect(await it.preview()).toMatchObject([
    { action: 'update', changed: { size: { to: 10 }, note: { to: 'n' } }, actor: it.lab.tenant.writerRole },
  ])
  await it.apply()
  expect(it.cloud.calls).toEqual(['update a note,size'])
  expect(await it.isSettled()).toEqual(atRest)
})

test('an id is for ever', async () => {
  await expect(it.sql(`UPDATE thing SET id = id + 1000`)).rejects.toThrow(
    'the id of a thing cannot be changed',
  )
})

test('names that change places do so in one transaction', async () => {
  await it.lab.user.transaction(async (transaction) => {
    await transaction.run(`UPDATE thing SET name = 'aside' WHERE name = 'a'`)
    await transaction.run(`UPDATE thing SET name = 'a' WHERE name = 'b'`)
    await transaction.run(`UPDATE thing SET name = 'b' WHERE name = 'aside'`)
  })

  await it.apply()

  expect(sizes()).toEqual(['a 2', 'b 1'])
  expect(await it.isSettled()).toEqual(atRest)
})

test('INSERT ON CONFLICT edits the row that is there', async () => {
  await it.sql(`INSERT INTO thing (name, size) VALUES ('a', 7), ('c', 8)
    ON CONFLICT (name, account_id, region) DO UPDATE SET size = excluded.size`)

  expect(lines(await it.preview())).toEqual(['create c', 'update a'])
  await it.apply()
  expect(sizes()).toEqual(['a 7', 'b 2', 'c 8'])
  expect(await it.isSettled()).toEqual(atRest)
})

test('UPDATE FROM, MERGE and data-modifying WITH are edits like others', async () => {
  await it.sql(
    `UPDATE thing SET size = n.size FROM (VALUES ('a', 11), ('b', 12)) AS n (name, size) WHERE thing.name = n.name`,
  )
  await it.sql(`MERGE INTO thing t USING (VALUES ('b', 13), ('c', 14)) AS n (name, size) ON t.name = n.name
    WHEN MATCHED THEN UPDATE SET size = n.size WHEN NOT MATCHED THEN INSERT (name, size) VALUES (n.name, n.size)`)
  await it.sql(`WITH gone AS (DELETE FROM thing WHERE name = 'a' RETURNING size),
    kept AS (UPDATE thing SET note = 'kept' WHERE name = 'b' RETURNING id)
    INSERT INTO thing (name, size) SELECT 'd', gone.size FROM gone, kept`)

  expect(lines(await it.preview())).toEqual(['create c', 'create d', 'delete a', 'update b'])
  await it.apply()
  expect(sizes()).toEqual(['b 13', 'c 14', 'd 11'])
  expect(await it.isSettled()).toEqual(atRest)
})

test('an edit of many rows is journaled row by row, and what it leaves as it was is not', async () => {
  await it.sql(`INSERT INTO thing (name, size) SELECT 'bulk ' || n, n FROM generate_series(1, 300) n`)
  await it.sql(`UPDATE thing SET size = CASE name WHEN 'a' THEN 5 ELSE size END`)

  const preview = await it.preview()

  expect(lines(preview).filter((line) => !line.startsWith('create bulk'))).toEqual(['update a'])
  expect(preview).toHaveLength(301)
  await it.sql(`DELETE FROM thing WHERE name LIKE 'bulk %'`)
  expect(lines(await it.preview())).toEqual(['update a'])
})

test('TRUNCATE is refused: nobody could tell what was meant to go', async () => {
  await expect(it.sql('TRUNCATE thing CASCADE')).rejects.toThrow('permission denied')
})

test('a row that is deleted and inserted again under its name is a new one, made after the old one is gone', async () => {
  const { id } = it.cloud.thing('a')
  await it.sql(`DELETE FROM thing WHERE name = 'a'`)
  await it.sql(`INSERT INTO thing (name, size) VALUES ('a', 3)`)

  expect(lines(await it.preview())).toEqual(['create a', 'delete a'])
  await it.apply()

  expect(it.cloud.calls).toEqual(['delete a', 'create a'])
  expect(it.cloud.thing('a').id).not.toBe(id)
  expect(await it.isSettled()).toEqual(atRest)
})

test('a name that another row gives up may be taken in the same apply', async () => {
  await it.sql(`UPDATE thing SET network = '10.0.1.0/24' WHERE name = 'a'`)
  await it.apply()
  await it.sql(`UPDATE thing SET name = 'old a', network = '10.0.2.0/24' WHERE name = 'a'`)
  await it.sql(`INSERT INTO thing (name, network) VALUES ('a', '10.0.1.0/24')`)
  it.cloud.calls.length = 0

  await it.apply()

  expect(it.cloud.calls.indexOf('delete a')).toBeLessThan(it.cloud.calls.indexOf('create a'))
  expect(await it.isSettled()).toEqual(atRest)
})

test('what is referred to by name goes after what refers to it, and is made before', async () => {
  await it.sql(`INSERT INTO part (label, thing_name) VALUES ('p', 'c')`).catch(() => undefined)
  await it.lab.user.transaction(async (transaction) => {
    await transaction.run(`INSERT INTO part (label, thing_name) VALUES ('p', 'c')`)
    await transaction.run(`INSERT INTO thing (name) VALUES ('c')`)
  })
  await it.apply()
  expect(it.cloud.calls).toEqual(['create c', 'create p'])

  it.cloud.calls.length = 0
  await it.lab.user.transaction(async (transaction) => {
    await transaction.run(`DELETE FROM thing WHERE name = 'c'`)
    await transaction.run(`DELETE FROM part`)
  })
  await it.apply()
  expect(it.cloud.calls).toEqual(['delete p', 'delete c'])
  expect(await it.isSettled()).toEqual(atRest)
})

test('a new name reaches those that refer to it by name', async () => {
  await it.sql(`INSERT INTO part (label, thing_name) VALUES ('p', 'a')`)
  await it.apply()
  it.cloud.calls.length = 0
  await it.sql(`UPDATE thing SET name = 'z' WHERE name = 'a'`)

  expect(await it.sql('SELECT thing_name FROM part')).toEqual([{ thing_name: 'z' }])
  await it.apply()

  expect(it.cloud.calls).toEqual(['update z name', 'update p'])
  expect(await it.isSettled()).toEqual(atRest)
})

test('a row moves to another region with those that refer to it', async () => {
  await it.sql(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  await it.sync()
  await it.sql(`INSERT INTO part (label, thing_name) VALUES ('p', 'a')`)
  await it.sql(`UPDATE thing SET peer_id = find_thing('a') WHERE name = 'b'`)
  await it.apply()
  it.cloud.calls.length = 0

  await it.sql(`UPDATE thing SET region = 'eu-west-1' WHERE name = 'a'`)
  expect(await it.preview()).toHaveLength(3)
  await it.apply()

  expect([...it.cloud.things.values()].map(({ region }) => region)).toEqual(['eu-west-1', 'eu-west-1'])
  expect([...it.cloud.parts.values()].map(({ region }) => region)).toEqual(['eu-west-1'])
  expect(await it.isSettled()).toEqual(atRest)
})

test('a name that a sync brings and a row that waits has already is told, and nothing else is held up', async () => {
  await it.sql(`INSERT INTO thing (name, size) VALUES ('wanted', 1)`)
  it.cloud.change('a', { name: 'wanted' })
  it.cloud.change('b', { size: 22 })

  await it.sync()

  expect(await it.value('b', 'size')).toBe(22)
  expect(await it.value('a', 'size')).toBe(1)
  expect(await it.notices()).toMatch(/thing .*wanted/)
  await it.sql(`DELETE FROM thing WHERE name = 'wanted'`)
  await it.sync()
  expect(await it.value('wanted', 'size')).toBe(1)
  expect(await it.isSettled()).toEqual(atRest)
})

test('what the cloud lost stays while others refer to it, is listed, and can be made again', async () => {
  await it.sql(`UPDATE thing SET peer_id = find_thing('a') WHERE name = 'b'`)
  await it.apply()
  it.cloud.things.delete(it.cloud.thing('a').id)

  await it.sync()
  expect(await it.sql('SELECT table_name, natural_name FROM iasql_missing')).toEqual([
    { table_name: 'thing', natural_name: 'a' },
  ])
  await it.sql(`UPDATE thing SET size = 9 WHERE name = 'a'`)
  await it.apply()

  expect(it.cloud.thing('b').row.peer_id).toEqual({ id: it.cloud.thing('a').id })
  expect(await it.sql('SELECT natural_name FROM iasql_missing')).toEqual([])
  expect(await it.isSettled()).toEqual(atRest)
})
