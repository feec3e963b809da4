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
  { family: 'shop', number: 1 },
  { family: 'shop', number: 2, token: 'mine' },
  ...Array.from({ length: 120 }, (_, index) => ({ family: `f${index}`, number: 1 })),
]

const cloud = {
  each: async <Id, Item>(ids: readonly Id[], read: (id: Id) => Promise<Item | undefined>) =>
    (await Promise.all(ids.map(read))).filter((item) => item !== undefined),
} as unknown as CloudApi
const place = { accountId: '1', region: 'us-east-1' }

const ships = versioned<Revision>({
  async *families() {
    yield* new Set([...revisions.map(({ family }) => family), 'ended'])
  },
  newest: async (family) => revisions.findLast((revision) => revision.family === family),
  read: async ({ id }) => revisions.find(({ family, number }) => `${family}:${number}` === id),
  tokenOf: ({ token }) => token,
})

test('of each family the newest is listed, and none of a family that has ended', async () => {
  const listed = await Array.fromAsync(ships.list(place, cloud))

  expect(listed).toHaveLength(121)
  expect(listed).toContainEqual({ family: 'shop', number: 2, token: 'mine' })
})

test('an older revision is read by its id as long as it is there', async () => {
  expect(await ships.get([{ id: 'shop:1' }, { id: 'shop:9' }], cloud)).toEqual([
    { family: 'shop', number: 1 },
  ])
})

test('what a create has made is found by its token', async () => {
  expect(await ships.findByToken('mine', cloud)).toMatchObject({ number: 2 })
  expect(await ships.findByToken('of somebody else', cloud)).toBeUndefined()
})
