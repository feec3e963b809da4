/** Many steps that wait for resources of one kind and place cost a few calls, not one each. */
import { expect, test } from 'vitest'
import type { CloudId } from '#engine/model/cloud.ts'
import type { ResourceType } from '#modules/kit/index.ts'
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
