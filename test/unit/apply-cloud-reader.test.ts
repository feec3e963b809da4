/** Many steps that wait for resources of one kind and place cost a few calls, not one each. */
import { expect, test } from 'vitest'
import type { CloudId } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { childOf, type ResourceType } from '#modules/kit/index.ts'
import { cloudReader } from '#operations/apply/cloud-reader.ts'
import type { Ports } from '#operations/ports.ts'

test('200 steps that poll at once are described in pages of a hundred, place by place', async () => {
  const asked: { readonly region: string; readonly ids: readonly CloudId[] }[] = []
  const ports = {
    cloud: { api: (_: unknown, place: { region: string }) => ({ place }) },
    defaults: { accountId: '1', region: 'us-east-1' },
  } as unknown as Ports
  const type = {
    name: 'gateway',
    mapper: {
      idOf: (seen: CloudId) => seen,
      get: async (ids: readonly CloudId[], { place }: { place: { region: string } }) => {
        asked.push({ region: place.region, ids })
        return ids.filter(({ id }) => id !== 'gone')
      },
    },
  } as unknown as ResourceType
  const reader = cloudReader(ports, new AbortController().signal)
  const ids = Array.from({ length: 200 }, (_, index) => ({ id: index === 7 ? 'gone' : `g-${index}` }))

  const seen = await Promise.all([
    ...ids.map((id) => reader.read(type, { accountId: '1', region: 'us-east-1' }, id)),
    reader.read(type, { accountId: '1', region: 'eu-west-1' }, { id: 'g-0' }),
  ])

  expect(asked.map(({ region, ids: page }) => [region, page.length])).toEqual([
    ['us-east-1', 100],
    ['us-east-1', 100],
    ['eu-west-1', 1],
  ])
  expect(seen).toEqual([...ids.map((id) => (id.id === 'gone' ? undefined : id)), { id: 'g-0' }])
})

const spot = { accountId: '1', region: 'us-east-1' }
const outcomeOf = (one: PromiseSettledResult<unknown>) =>
  one.status === 'fulfilled' ? one.value : (one.reason as IasqlError).code

/** A cloud that runs what it is asked, and a type that is read by it. */
const readerOf = (mapper: Partial<ResourceType['mapper']>) => {
  const api = {
    each: async (ids: readonly unknown[], read: (id: unknown) => Promise<unknown>) =>
      (await Promise.all(ids.map(read))).filter((one) => one !== undefined),
  }
  const ports = { cloud: { api: () => api }, defaults: spot } as unknown as Ports
  const type = { name: 'gateway', mapper } as unknown as ResourceType
  const reader = cloudReader(ports, new AbortController().signal)
  return (ids: readonly CloudId[]) => Promise.allSettled(ids.map((id) => reader.read(type, spot, id)))
}
const denied = () => new IasqlError('cloud/denied', 'not yours')

test('one that AWS refuses to show among others is refused alone', async () => {
  const read = readerOf({
    idOf: (seen) => seen as CloudId,
    get: async (ids) => {
      if (ids.some(({ id }) => id === 'secret')) throw denied()
      return ids.filter(({ id }) => id !== 'gone')
    },
  })

  const outcomes = await read([{ id: 'a' }, { id: 'secret' }, { id: 'gone' }, { id: 'b' }])

  expect(outcomes.map(outcomeOf)).toEqual([{ id: 'a' }, 'cloud/denied', undefined, { id: 'b' }])
})

test('children of a parent that AWS refuses to show leave those of others as they are', async () => {
  const books = childOf<string, string>({
    async *parents() {},
    parentsOf: (ids, cloud) =>
      cloud.each([...new Set(ids.map(({ shelf = '' }) => shelf))], async (shelf) => {
        if (shelf === 'locked') throw denied()
        return shelf
      }),
    childrenOf: (shelf) => [`of ${shelf}`],
    parentIdOf: (shelf) => ({ shelf }),
    keyOf: (book) => ({ book }),
  })
  const read = readerOf(books as Partial<ResourceType['mapper']>)

  const outcomes = await read([
    { shelf: 'open', book: 'of open' },
    { shelf: 'locked', book: 'of locked' },
  ])

  expect(outcomes.map(outcomeOf)).toEqual([{ parent: 'open', child: 'of open' }, 'cloud/denied'])
})

test('where everything is refused, most is not even asked for', async () => {
  let asked = 0
  const read = readerOf({
    idOf: (seen) => seen as CloudId,
    get: async () => {
      asked += 1
      throw denied()
    },
  })

  const outcomes = await read(Array.from({ length: 100 }, (_, index) => ({ id: String(index) })))

  expect(new Set(outcomes.map(outcomeOf))).toEqual(new Set(['cloud/denied']))
  expect(asked).toBe(21)
})
