/** Revisions of families: only the newest live one counts. */
import { expect, test } from 'vitest'
import type { CloudApi } from '#engine/model/cloud.ts'
import { versioned } from '#modules/kit/index.ts'

interface Revision {
  readonly family: string
  readonly number: number
  readonly token?: string
}

const revisions: readonly Revision[] = [
  { family: 'shop', number: 1, token: 'mine' },
  { family: 'shop', number: 2, token: 'theirs' },
  ...Array.from({ length: 120 }, (_, index) => ({ family: `f${index}`, number: 1 })),
]

const cloud = {
  each: async <Id, Item>(ids: readonly Id[], read: (id: Id) => Promise<Item | undefined>) =>
    (await Promise.all(ids.map(read))).filter((item) => item !== undefined),
} as unknown as CloudApi
const place = { accountId: '1', region: 'us-east-1' }

interface Row {
  readonly family: string
}

const ships = versioned<Row, Revision>({
  async *families() {
    yield* new Set([...revisions.map(({ family }) => family), 'ended'])
  },
  newest: async (family) => revisions.findLast((revision) => revision.family === family),
  read: async ({ id }) => revisions.find(({ family, number }) => `${family}:${number}` === id),
  async *revisions(wanted) {
    const all = revisions.filter(({ family }) => family === wanted)
    for (const { family, number } of all.toReversed()) yield { id: `${family}:${number}` }
  },
  familyOf: ({ family }) => family,
  tokenOf: ({ token }) => token,
})

test('of each family the newest is listed, and none of a family that has ended', async () => {
  const listed = await Array.fromAsync(ships.list(place, cloud))

  expect(listed).toHaveLength(121)
  expect(listed).toContainEqual({ family: 'shop', number: 2, token: 'theirs' })
})

test('an older revision is read by its id as long as it is there', async () => {
  expect(await ships.get([{ id: 'shop:1' }, { id: 'shop:9' }], cloud)).toEqual([
    { family: 'shop', number: 1, token: 'mine' },
  ])
})

test('what a create has made is found by its token, though somebody has made another one since', async () => {
  expect(await ships.findByToken('mine', cloud, { family: 'shop' })).toMatchObject({ number: 1 })
  expect(await ships.findByToken('of somebody else', cloud, { family: 'shop' })).toBeUndefined()
})
