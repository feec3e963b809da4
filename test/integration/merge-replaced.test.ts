/** What a replacement leaves half done is not forgotten: those that could not be pointed at the new one are the next time. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openThingLab, type ThingLab } from '#test/support/thing-lab.ts'

let it: ThingLab

beforeAll(async () => {
  it = await openThingLab()
})
afterAll(() => it.lab.close())
beforeEach(async () => {
  it.cloud.before = async () => undefined
  await it.lab.user.transaction(async (transaction) => {
    await transaction.run('DELETE FROM part')
    await transaction.run('DELETE FROM thing')
  })
  await it.apply()
  await it.sql(`INSERT INTO thing (name, kind, network) VALUES ('a', 'x', NULL)`)
  await it.sql(`INSERT INTO thing (name, peer_id) VALUES ('b', find_thing('a'))`)
  await it.apply()
  it.cloud.calls.length = 0
})

const atRest = { plan: [], sync: [] }
const pointsAtA = () => expect(it.cloud.thing('b').row.peer_id).toEqual({ id: it.cloud.thing('a').id })

/** From the `nth` write of `name` on. */
const failFrom = (nth: number, name: string): void => {
  let writes = 0
  it.cloud.before = async (_, written) => {
    if (written !== name) return
    writes += 1
    if (writes >= nth) throw new Error('not now')
  }
}

test('the old one goes after those that used it are pointed at the new one', async () => {
  await it.sql(`UPDATE thing SET kind = 'y' WHERE name = 'a'`)

  expect((await it.preview()).map(({ action, natural_name }) => `${action} ${natural_name}`).sort()).toEqual([
    'replace a',
    'update b',
  ])
  await it.apply()

  expect(it.cloud.calls).toEqual(['create a', 'update b peer_id', 'delete a'])
  pointsAtA()
  expect(await it.isSettled()).toEqual(atRest)
})

test('where both would have the same network the old one goes first, and those that use it let go of it', async () => {
  await it.sql(`UPDATE thing SET network = '10.0.1.0/24' WHERE name = 'a'`)
  await it.apply()
  it.cloud.calls.length = 0
  await it.sql(`UPDATE thing SET kind = 'y' WHERE name = 'a'`)

  await it.apply()

  expect(it.cloud.calls).toEqual(['update b peer_id', 'delete a', 'create a', 'update b peer_id'])
  pointsAtA()
  expect(await it.isSettled()).toEqual(atRest)
})

test.each([
  ['after', `kind = 'y'`, 1],
  ['before', `network = '10.0.2.0/24'`, 2],
])(
  'who could not be pointed at the new one (%s) is by the next apply, also after a sync',
  async (_, edit, nth) => {
    await it.sql(`UPDATE thing SET ${edit} WHERE name = 'a'`)
    failFrom(nth, 'b')
    await expect(it.apply()).rejects.toThrow('changes failed')
    it.cloud.before = async () => undefined

    await it.sync()
    expect(await it.preview()).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ action: 'update', natural_name: 'b' })]),
    )
    await it.apply()

    pointsAtA()
    expect([...it.cloud.things.values()].map(({ row }) => row.name).sort()).toEqual(['a', 'b'])
    expect(await it.isSettled()).toEqual(atRest)
  },
)

test('an edit of the target that is taken back before it was replaced leaves everything as it is', async () => {
  const { id } = it.cloud.thing('a')
  await it.sql(`UPDATE thing SET kind = 'y' WHERE name = 'a'`)
  failFrom(1, 'a')
  await expect(it.apply()).rejects.toThrow('changes failed')
  it.cloud.before = async () => undefined
  await it.sql(`UPDATE thing SET kind = 'x' WHERE name = 'a'`)

  expect(await it.apply()).toEqual([])

  expect(it.cloud.thing('a').id).toBe(id)
  pointsAtA()
  expect(await it.isSettled()).toEqual(atRest)
})
