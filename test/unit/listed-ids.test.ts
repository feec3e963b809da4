import { expect, test } from 'vitest'
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudApi, CloudId } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { listedIds } from '#operations/external/listed-ids.ts'

const api = { place: { accountId: '1', region: 'us-east-1' } } as unknown as CloudApi

function cloudOf(ids: readonly CloudId[]) {
  const lists: string[] = []
  const state = { isDenied: false }
  const mapper = {
    idOf: (seen: unknown) => seen as CloudId,
    async *list() {
      lists.push('list')
      if (state.isDenied) throw new IasqlError('cloud/denied', 'not allowed')
      yield* ids
    },
  }
  const at = (region: string) => ({
    type: { name: 'vpc' },
    mapper,
    place: { accountId: '1', region },
  })
  return { lists, state, at }
}

test('a place is listed once, however many ask and however they ask at once', async () => {
  const { lists, at } = cloudOf([{ vpc_id: 'vpc-1' }])
  const listed = listedIds()

  const [first] = await Promise.all([listed(at('us-east-1'), api), listed(at('us-east-1'), api)])
  await listed(at('us-east-1'), api)

  expect([...first]).toEqual([canonicalJson({ vpc_id: 'vpc-1' })])
  expect(lists).toHaveLength(1)
})

test('every place has a list of its own', async () => {
  const { lists, at } = cloudOf([])
  const listed = listedIds()

  await listed(at('us-east-1'), api)
  await listed(at('eu-west-1'), api)

  expect(lists).toHaveLength(2)
})

test('a list that failed is read again', async () => {
  const { lists, state, at } = cloudOf([])
  const listed = listedIds()
  state.isDenied = true
  await expect(listed(at('us-east-1'), api)).rejects.toMatchObject({ code: 'cloud/denied' })
  state.isDenied = false

  expect([...(await listed(at('us-east-1'), api))]).toEqual([])
  expect(lists).toHaveLength(2)
})
