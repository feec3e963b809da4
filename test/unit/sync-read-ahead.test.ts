/** What a sync reads ahead of what it stores: in order, a bounded number, and nothing that has become pointless. */
import { expect, test } from 'vitest'
import type { ResourceType } from '#modules/kit/index.ts'
import { readAhead } from '#operations/sync/read-ahead.ts'
import type { CloudReading, SeenResource } from '#operations/sync/read-cloud.ts'
import type { TableAt } from '#operations/sync/sync-scope.ts'

const place = { accountId: '123456789012', region: 'us-east-1' }
const tables = (count: number): readonly TableAt[] =>
  Array.from({ length: count }, (_, n) => ({ type: { name: `table_${n}` } as ResourceType, place }))

const readingOf = (resources: number): CloudReading => ({
  startedAt: new Date(0),
  seen: Array.from({ length: resources }, () => ({}) as SeenResource),
  listed: new Set(),
  unread: new Map(),
  get: async () => [],
})

/** A cloud whose reads end when the test says so. */
function scripted(order: readonly TableAt[], isWanted: (at: TableAt) => boolean = () => true) {
  const begun: TableAt[] = []
  const ends = new Map<TableAt, PromiseWithResolvers<CloudReading>>()
  const ahead = readAhead({
    order,
    isWanted,
    read: (at) => {
      begun.push(at)
      const end = Promise.withResolvers<CloudReading>()
      ends.set(at, end)
      return end.promise
    },
  })
  return {
    ahead,
    names: () => begun.map(({ type }) => type.name),
    end: (at: TableAt | undefined, resources = 0) => at && ends.get(at)?.resolve(readingOf(resources)),
    fail: (at: TableAt | undefined, error: Error) => at && ends.get(at)?.reject(error),
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('what comes next is read while one is read and stored, and only so much at once', async () => {
  const order = tables(20)
  const cloud = scripted(order)
  const [first, second, third] = order as [TableAt, TableAt, TableAt]

  const taken = cloud.ahead.take(first)

  expect(cloud.names()).toEqual(order.slice(0, 4).map(({ type }) => type.name))
  cloud.end(second)
  cloud.end(third)
  await settled()
  expect(cloud.names()).toHaveLength(6)
  cloud.end(first)
  await taken
})

test('while very many resources wait to be stored no other table is begun', async () => {
  const order = tables(20)
  const cloud = scripted(order)
  const [first, second, third] = order as [TableAt, TableAt, TableAt]
  const taken = cloud.ahead.take(first)
  cloud.end(third, 5_000)
  await settled()
  cloud.end(second)
  await settled()

  await cloud.ahead.take(second)

  expect(cloud.names()).toHaveLength(4)
  await cloud.ahead.take(third)
  expect(cloud.names()).toHaveLength(6)
  cloud.end(first)
  await taken
})

test('what a failure has made pointless is not read any more', async () => {
  const order = tables(8)
  const pointless = new Set(order.slice(2, 6))
  const cloud = scripted(order, (at) => !pointless.has(at))

  const taken = cloud.ahead.take(order[0] as TableAt)

  expect(cloud.names()).toEqual([...order.slice(0, 2), ...order.slice(6)].map(({ type }) => type.name))
  cloud.end(order[0])
  await taken
})

test('what a failure has made pointless after it was read keeps nothing else from being read', async () => {
  const order = tables(20)
  const pointless = new Set<TableAt>()
  const cloud = scripted(order, (at) => !pointless.has(at))
  const taken = cloud.ahead.take(order[0] as TableAt)
  cloud.end(order[1], 5_000)
  await settled()
  expect(cloud.names()).toHaveLength(4)
  pointless.add(order[1] as TableAt)

  cloud.end(order[0])
  await taken
  await settled()

  expect(cloud.names()).toHaveLength(6)
})

test('a read that fails is nothing to anybody before its turn', async () => {
  const order = tables(3)
  const cloud = scripted(order)
  const [first, second] = order as [TableAt, TableAt]
  const taken = cloud.ahead.take(first)
  cloud.fail(second, new Error('denied'))
  await settled()
  cloud.end(first, 1)

  expect((await taken).seen).toHaveLength(1)
  await expect(cloud.ahead.take(second)).rejects.toThrow('denied')
})

test('it has ended only when nothing is read any more, and begins nothing meanwhile', async () => {
  const order = tables(20)
  const cloud = scripted(order)
  const taken = cloud.ahead.take(order[0] as TableAt)
  cloud.end(order[0])
  await taken
  await settled()
  const begun = cloud.names().length
  let isOver = false

  const over = cloud.ahead.end().then(() => {
    isOver = true
  })
  for (const at of order.slice(1, begun - 1)) cloud.end(at)
  await settled()

  expect(isOver).toBe(false)
  cloud.fail(order[begun - 1], new Error('given up'))
  await over
  expect(cloud.names()).toHaveLength(begun)
})
