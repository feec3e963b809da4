/** Children that are read with their parents: the composition, without any service. */
import { expect, test } from 'vitest'
import type { CloudApi } from '#engine/model/cloud.ts'
import { childOf, type Family } from '#modules/kit/child-of.ts'

interface Shelf {
  readonly shelf: string
  readonly books: readonly string[]
}

const place = { accountId: '123456789012', region: 'us-east-1' }
const cloud: CloudApi = {
  place,
  send: () => Promise.reject(new Error('no call is made here')),
  pages: () => {
    throw new Error('no list is made here')
  },
  each: async (ids, read) => (await Promise.all(ids.map(read))).filter((item) => item !== undefined) as never,
}

const shelves: readonly Shelf[] = [
  { shelf: 'a', books: ['ada', 'algol'] },
  { shelf: 'b', books: ['basic', 'ada'] },
]

const library = (change: Partial<Family<Shelf, string>> = {}) => {
  const asked: string[] = []
  const family: Family<Shelf, string> = {
    async *parents() {
      asked.push('all')
      yield* shelves
    },
    parentsOf: async (ids) => {
      asked.push('some')
      return shelves.filter(({ shelf }) => ids.some((id) => id.shelf === shelf))
    },
    childrenOf: ({ books }) => books,
    parentIdOf: ({ shelf }) => ({ shelf }),
    keyOf: (book) => ({ book }),
    ...change,
  }
  return { asked, family, books: childOf(family) }
}

test('a child is known by its parent and its own key', async () => {
  const { books } = library()

  const listed = await Array.fromAsync(books.list(place, cloud))

  expect(listed.map(books.idOf)).toEqual([
    { shelf: 'a', book: 'ada' },
    { shelf: 'a', book: 'algol' },
    { shelf: 'b', book: 'basic' },
    { shelf: 'b', book: 'ada' },
  ])
})

test('of the parents that are asked, only the wanted children are given; one that is gone is absent', async () => {
  const { books } = library()
  const ids = [
    { book: 'ada', shelf: 'b' },
    { book: 'cobol', shelf: 'a' },
  ]

  const found = await books.get(ids, cloud)

  expect(found.map(books.idOf)).toEqual([{ shelf: 'b', book: 'ada' }])
})

test('where parents cannot be asked for by their children, all are listed', async () => {
  const asking = library()
  const { parentsOf: _, ...listing } = asking.family
  const ids = [{ shelf: 'a', book: 'ada' }]

  const asked = await asking.books.get(ids, cloud)
  const listed = await childOf(listing).get(ids, cloud)

  expect(listed).toEqual(asked)
  expect(asking.asked).toEqual(['some', 'all'])
})

test('children that the parents do not tell are asked for, parent by parent', async () => {
  const { books } = library({
    childrenOf: async ({ shelf }) => [`asked of ${shelf}`],
    async *parents() {
      for (let shelf = 0; shelf < 120; shelf++) yield { shelf: String(shelf), books: [] }
    },
  })

  const listed = await Array.fromAsync(books.list(place, cloud))

  expect(listed).toHaveLength(120)
  expect(listed.at(-1)).toMatchObject({ child: 'asked of 119' })
})
