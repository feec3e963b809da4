/** Values that are known only later: checked at the statement, sent resolved, renewed when they change, kept while they are used. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openThingLab, type ThingLab } from '#test/support/thing-lab.ts'

let it: ThingLab

beforeAll(async () => {
  it = await openThingLab()
})
afterAll(() => it.lab.close())
beforeEach(async () => {
  await it.lab.user.transaction(async (transaction) => {
    await transaction.run('DELETE FROM part')
    await transaction.run('DELETE FROM thing')
  })
  await it.apply()
  await it.sql(`INSERT INTO thing (name) VALUES ('target')`)
  await it.notices()
})

const atRest = { plan: [], sync: [] }
const arnOf = (name: string): string => `arn:${it.cloud.thing(name).id}`
const point = (name: string, text = `'to ' || iasql_ref('thing', id, 'arn')`) =>
  it.sql(`INSERT INTO thing (name, note) SELECT '${name}', ${text} FROM thing WHERE name = 'target'`)

test('is unknown until it is applied; the row keeps the expression, the cloud gets the value', async () => {
  await point('pointing')

  const preview = await it.preview()
  expect(preview.find((row) => row.natural_name === 'pointing')).toMatchObject({ unknown: ['note'] })
  await it.apply()

  expect(it.cloud.thing('pointing').row.note).toBe(`to ${arnOf('target')}`)
  expect(await it.value('pointing', 'note')).toMatch(/^to \$\{thing\(\d+\)\.arn\}$/)
  expect(await it.isSettled()).toEqual(atRest)
})

test('of a row that is applied it is known at once', async () => {
  await it.apply()
  await point('pointing')

  const [change] = await it.preview()

  expect(change).toMatchObject({ natural_name: 'pointing', unknown: [] })
})

test('stands inside documents, several in one text, next to text that only looks like one', async () => {
  await it.apply()
  await it.sql(`INSERT INTO thing (name, note, document)
    SELECT 'pointing', '\${' || iasql_ref('thing', id, 'arn') || '-' || iasql_ref('thing', id, 'name') || '\${aws:username}',
      jsonb_build_object('list', jsonb_build_array(iasql_ref('thing', id, 'size'), 'x'), 'plain', '\${thing(x).y}')
    FROM thing WHERE name = 'target'`)
  await it.apply()

  expect(it.cloud.thing('pointing').row.note).toBe(`\${${arnOf('target')}-target\${aws:username}`)
  expect(JSON.parse(String(it.cloud.thing('pointing').row.document))).toEqual({
    list: [30, 'x'],
    plain: '${thing(x).y}',
  })
  expect(await it.isSettled()).toEqual(atRest)
})

test('may be the id or the place of a row', async () => {
  await point('pointing', `iasql_ref('thing', id, 'region') || ' ' || iasql_ref('thing', id, 'account_id')`)
  await it.apply()

  expect(it.cloud.thing('pointing').row.note).toBe('us-east-1 123456789012')
  expect(await it.isSettled()).toEqual(atRest)
})

test.each([
  ['thing', '999999', 'arn', 'has no row'],
  ['nothing', '1', 'arn', 'no managed table'],
  ['thing', '1', 'colour', 'has no column colour'],
])('to %s %s %s is refused at the statement', async (table, id, column, message) => {
  const written = `\${${table}(${id}).${column}}`

  await expect(it.sql(`SELECT iasql_ref('${table}', ${id}, '${column}')`)).rejects.toThrow(message)
  await expect(it.sql(`INSERT INTO thing (name, note) VALUES ('x', '${written}')`)).rejects.toThrow(message)
})

test('follows a value that a sync brought', async () => {
  await point('pointing')
  await it.apply()
  it.cloud.change('target', { arn: 'arn:moved' })
  await it.sync()

  expect(await it.preview()).toMatchObject([{ action: 'update', natural_name: 'pointing', actor: 'iasql' }])
  expect(await it.apply()).toHaveLength(1)

  expect(it.cloud.thing('pointing').row.note).toBe('to arn:moved')
  expect(await it.isSettled()).toEqual(atRest)
})

test('follows a value that a user changed, also when only the target could be applied at first', async () => {
  await point('pointing', `iasql_ref('thing', id, 'size')`)
  await it.apply()
  await it.sql(`UPDATE thing SET size = 31 WHERE name = 'target'`)
  it.cloud.before = async (_, name) => {
    if (name === 'pointing') throw new Error('not now')
  }

  await expect(it.apply()).rejects.toThrow()
  it.cloud.before = async () => undefined
  expect(await it.preview()).toMatchObject([{ action: 'update', natural_name: 'pointing' }])
  await it.apply()

  expect(it.cloud.thing('pointing').row.note).toBe('31')
  expect(await it.isSettled()).toEqual(atRest)
})

test('follows a replaced target in the same apply', async () => {
  await it.sql(`UPDATE thing SET network = '10.0.1.0/24'`)
  await point('pointing')
  await point('far', `'see ' || iasql_ref('thing', find_thing('pointing'), 'note')`)
  await it.apply()
  expect(it.cloud.thing('far').row.note).toBe(`see to ${arnOf('target')}`)
  const old = arnOf('target')
  await it.sql(`UPDATE thing SET network = '10.0.2.0/24' WHERE name = 'target'`)

  const preview = await it.preview()
  expect(preview.map((row) => `${row.action} ${row.natural_name}`)).toEqual(
    expect.arrayContaining(['replace target', 'update pointing']),
  )
  await it.apply()

  expect(arnOf('target')).not.toBe(old)
  expect(it.cloud.thing('far').row.note).toBe(`see to ${arnOf('target')}`)
  expect(await it.isSettled()).toEqual(atRest)
})

test('keeps the row it refers to, as a foreign key does', async () => {
  await point('pointing')
  await it.apply()

  await expect(it.sql(`DELETE FROM thing WHERE name = 'target'`)).rejects.toThrow(
    /thing \d+ is still referred to by note of thing \d+/,
  )
  await it.sql(`UPDATE thing SET note = 'free' WHERE name = 'pointing'`)
  await it.sql(`DELETE FROM thing WHERE name = 'target'`)
  await it.apply()

  expect([...it.cloud.things.values()].map(({ row }) => row.name)).toEqual(['pointing'])
  expect(await it.isSettled()).toEqual(atRest)
})

test('goes together with the row it refers to, in the right order', async () => {
  await point('pointing')
  await it.apply()
  it.cloud.calls.length = 0

  await it.sql(`DELETE FROM thing`)
  await it.apply()

  expect(it.cloud.calls).toEqual(['delete pointing', 'delete target'])
  expect(await it.isSettled()).toEqual(atRest)
})

test('of a target that the cloud lost keeps its value, and is renewed when it is made again', async () => {
  await point('pointing')
  await it.apply()
  const old = arnOf('target')
  it.cloud.things.delete(it.cloud.thing('target').id)

  await it.sync()
  const missing = await it.sql('SELECT natural_name FROM iasql_missing')
  expect(missing).toEqual([{ natural_name: 'target' }])
  await it.sql(`UPDATE thing SET size = 1 WHERE name = 'pointing'`)
  expect(await it.apply()).toHaveLength(1)
  expect(it.cloud.thing('pointing').row.note).toBe(`to ${old}`)

  await it.sql(`UPDATE thing SET size = 1 WHERE name = 'target'`)
  await it.apply()

  expect(it.cloud.thing('pointing').row.note).toBe(`to ${arnOf('target')}`)
  expect(await it.isSettled()).toEqual(atRest)
})

test('may refer to the row itself once that is made', async () => {
  await it.sql(`UPDATE thing SET note = 'I am ' || iasql_ref('thing', id, 'arn')`)

  await it.apply()

  expect(it.cloud.thing('target').row.note).toBe(`I am ${arnOf('target')}`)
  expect(await it.isSettled()).toEqual(atRest)
})
