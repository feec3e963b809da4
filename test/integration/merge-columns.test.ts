/** Each column for itself: what was edited goes out, what drifted comes in, and where both happened somebody is told. */
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
  it.cloud.calls.length = 0
  await it.sql(`INSERT INTO thing (name, size, most) VALUES ('one', 10, 10)`)
  await it.apply()
  await it.notices()
})

const atRest = { plan: [], sync: [] }

test('an edit is pushed, and nothing else is sent', async () => {
  await it.sql(`UPDATE thing SET size = 11`)
  it.cloud.calls.length = 0

  expect(await it.preview()).toMatchObject([{ action: 'update', changed: { size: { from: 10, to: 11 } } }])
  expect(await it.apply()).toHaveLength(1)

  expect(it.cloud.calls).toEqual(['update one size'])
  expect(await it.isSettled()).toEqual(atRest)
})

test('drift is pulled by a sync', async () => {
  it.cloud.change('one', { most: 12 })

  expect(await it.sync()).toMatchObject([{ action: 'update', id: expect.any(String) }])

  expect(await it.value('one', 'most')).toBe(12)
  expect(await it.isSettled()).toEqual(atRest)
})

test('the same value from both sides is agreed on without a call', async () => {
  it.cloud.change('one', { most: 12 })
  await it.sql(`UPDATE thing SET most = 12`)
  it.cloud.calls.length = 0

  expect(await it.sync()).toEqual([])
  expect(await it.apply()).toEqual([])

  expect(it.cloud.calls).toEqual([])
  expect(await it.isSettled()).toEqual(atRest)
})

test('two values are a conflict: a sync keeps the edit and names both, an apply lets the table win and says so', async () => {
  it.cloud.change('one', { most: 12 })
  await it.sql(`UPDATE thing SET most = 13`)

  expect(await it.sync()).toEqual([])
  expect(await it.value('one', 'most')).toBe(13)
  expect(await it.notices()).toContain('thing one: most is 13 here and 12 in the cloud')

  expect(await it.apply()).toHaveLength(1)
  expect(await it.notices()).toContain('thing one: most is 13 here and 12 in the cloud; the table wins.')
  expect(it.cloud.thing('one').row.most).toBe(13)
  expect(await it.isSettled()).toEqual(atRest)
})

test('a column that drifted comes in while another that was edited goes out', async () => {
  it.cloud.change('one', { most: 12 })
  await it.sql(`UPDATE thing SET size = 13`)
  await it.sync()

  expect(await it.preview()).toMatchObject([{ changed: { size: { from: 10, to: 13 } } }])
  expect(await it.value('one', 'most')).toBe(12)
  await it.apply()

  expect(it.cloud.thing('one').row).toMatchObject({ most: 12, size: 13 })
  expect(await it.isSettled()).toEqual(atRest)
})

test('drift that nobody has read yet is neither undone nor overwritten by an edit of another column', async () => {
  it.cloud.change('one', { most: 12 })
  await it.sql(`UPDATE thing SET size = 13`)

  await it.apply()

  expect(it.cloud.thing('one').row).toMatchObject({ most: 12, size: 13 })
  expect(await it.value('one', 'most')).toBe(12)
  expect(await it.isSettled()).toEqual(atRest)
})

test('what comes back in other words is no difference', async () => {
  await it.sql(`UPDATE thing SET colours = '["red","blue"]', document = '{"b":[1,2],"a":null}',
    policy = '{"Statement":{"Effect":"Allow","Action":"sqs:Send","Principal":"*"}}', network = '10.0.1.7/24',
    tags = '{"team":"a"}'`)
  await it.apply()

  expect(await it.isSettled()).toEqual(atRest)
  const written = `{"team": "a"}|10.0.1.7/24|["red", "blue"]`
  expect(await it.value('one', `concat_ws('|', tags, network, colours)`)).toBe(written)

  it.cloud.calls.length = 0
  await it.sql(`UPDATE thing SET colours = '["blue","red","red"]', network = '10.0.1.0/24', document = '{"a":null,"b":[1,2]}',
    policy = '{"Statement":[{"Sid":"","Action":["SQS:send"],"Principal":{"AWS":"*"},"Effect":"Allow"}]}'`)
  expect(await it.preview()).toEqual([])
  expect(await it.apply()).toEqual([])
  expect(it.cloud.calls).toEqual([])
})

test('tags without any are none, and those of AWS are nobody’s', async () => {
  await it.sql(`UPDATE thing SET tags = '{}'`)
  expect(await it.preview()).toEqual([])
  await it.sql(`UPDATE thing SET tags = NULL`)
  expect(await it.apply()).toEqual([])
  it.cloud.change('one', { tags: { 'aws:other': 'x', 'iasql:token': 'y' } })

  expect(await it.isSettled()).toEqual(atRest)
})

test('what is left out, or NULL, at INSERT is filled by AWS', async () => {
  await it.sql(`INSERT INTO thing (name, size, least) VALUES ('two', NULL, NULL)`)
  await it.apply()

  expect(await it.value('two', `concat_ws('|', size, least, most)`)).toBe('30|7')
  expect(await it.isSettled()).toEqual(atRest)
})

test('NULL clears what AWS can clear, and takes what AWS puts in its place', async () => {
  await it.sql(`UPDATE thing SET least = 3`)
  await it.apply()
  await it.sql(`UPDATE thing SET most = NULL, least = NULL`)

  expect(await it.preview()).toMatchObject([{ changed: { most: { from: 10, to: null } } }])
  await it.apply()

  expect(it.cloud.thing('one').row).toMatchObject({ most: null, least: 7 })
  expect(await it.value('one', `concat_ws('|', coalesce(most, -1), least)`)).toBe('-1|7')
  expect(await it.isSettled()).toEqual(atRest)
})

test('NULL in what AWS cannot clear is refused at the statement', async () => {
  await expect(it.sql(`UPDATE thing SET size = NULL`)).rejects.toMatchObject({
    message: expect.stringContaining('size of thing cannot be cleared'),
  })
})

test('an output that is edited is put back, and somebody is told', async () => {
  const arn = await it.value('one', 'arn')
  await it.sql(`UPDATE thing SET arn = 'mine', size = 14`)

  expect(await it.value('one', 'arn')).toBe(arn)
  expect(await it.notices()).toContain('AWS sets arn')
  await it.apply()
  expect(await it.isSettled()).toEqual(atRest)
})

test('an edit that is taken back before the apply is none', async () => {
  await it.sql(`UPDATE thing SET size = 99`)
  await it.sql(`UPDATE thing SET size = 10`)
  it.cloud.calls.length = 0

  expect(await it.preview()).toEqual([])
  expect(await it.apply()).toEqual([])
  expect(it.cloud.calls).toEqual([])
})

test('an edit made while the apply runs stays an edit', async () => {
  it.cloud.before = async () => {
    it.cloud.before = async () => undefined
    await it.sql(`UPDATE thing SET size = 50, note = 'later' WHERE name = 'one'`)
  }
  await it.sql(`UPDATE thing SET size = 49, most = 5`)

  await it.apply()

  expect(it.cloud.thing('one').row).toMatchObject({ size: 49, most: 5, note: null })
  expect(await it.preview()).toMatchObject([
    { changed: { size: { from: 49, to: 50 }, note: { from: null, to: 'later' } } },
  ])
  await it.apply()
  expect(await it.isSettled()).toEqual(atRest)
})

test('an edit made while a create runs stays an edit', async () => {
  it.cloud.before = async () => {
    it.cloud.before = async () => undefined
    await it.sql(`UPDATE thing SET size = 50, note = 'later' WHERE name = 'new'`)
  }
  await it.sql(`INSERT INTO thing (name) VALUES ('new')`)

  await it.apply()

  expect(await it.preview()).toMatchObject([
    { action: 'update', changed: { size: { to: 50 }, note: { to: 'later' } } },
  ])
  await it.apply()
  expect(it.cloud.thing('new').row).toMatchObject({ size: 50, note: 'later' })
  expect(await it.isSettled()).toEqual(atRest)
})

test('a row deleted while its update runs is deleted by the next apply', async () => {
  it.cloud.before = async () => {
    it.cloud.before = async () => undefined
    await it.sql(`DELETE FROM thing WHERE name = 'one'`)
  }
  await it.sql(`UPDATE thing SET size = 49`)

  await it.apply()

  expect(await it.preview()).toMatchObject([{ action: 'delete' }])
  await it.apply()
  expect([...it.cloud.things.keys()]).toEqual([])
  expect(await it.isSettled()).toEqual(atRest)
})
