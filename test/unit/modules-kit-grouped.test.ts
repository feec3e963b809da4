/** Rows that share a call: one call for all, halves of it where the whole is refused, an outcome for each. */
import { describe, expect, test } from 'vitest'
import { type CloudApi, done, type Outcome } from '#engine/model/cloud.ts'
import { type ErrorCode, IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { type CreateWrite, type Grouping, grouped, type RowOutcome, writeGroup } from '#modules/kit/index.ts'

const cloud = {} as CloudApi
const refusal = (code: ErrorCode): IasqlError => new IasqlError(code, 'refused')
const rows = (count: number): CreateWrite<Row>[] =>
  Array.from({ length: count }, (_, n) => ({ kind: 'create', row: { n }, token: `token ${n}` }))

/** Takes calls as a whole or not at all; `isBad` says of which rows it does not want any. */
function service(isBad: (n: number) => boolean, code: ErrorCode = 'cloud/invalid') {
  const calls: number[][] = []
  const take = async (writes: readonly { readonly row: Row }[]): Promise<readonly RowOutcome[]> => {
    const all = writes.map(({ row }) => Number(row.n))
    calls.push(all)
    if (all.some(isBad)) throw refusal(code)
    return all.map((n) => done({ n: String(n) }))
  }
  const grouping: Grouping<Row, unknown> = {
    by: { create: ['group'], update: ['group'], delete: ['group'] },
    max: 100,
    write: { create: take, update: take, delete: take },
  }
  return { calls, grouping }
}

const failedOf = (outcomes: readonly RowOutcome[]): number[] =>
  outcomes.flatMap((outcome, n) => (outcome instanceof IasqlError ? [n] : []))

describe('a group of writes', () => {
  test('that is wanted takes one call', async () => {
    const { calls, grouping } = service(() => false)

    const outcomes = await writeGroup(grouping, rows(60), () => cloud)

    expect(calls).toHaveLength(1)
    expect(outcomes).toEqual(rows(60).map((_, n) => done({ n: String(n) })))
  })

  test.each([0, 17, 59])(
    'of which row %i is not wanted fails in that row alone, in few calls',
    async (bad) => {
      const { calls, grouping } = service((n) => n === bad)

      const outcomes = await writeGroup(grouping, rows(60), () => cloud)

      expect(failedOf(outcomes)).toEqual([bad])
      expect(calls.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(60)) + 1)
    },
  )

  test('never sends again what was taken', async () => {
    const { calls, grouping } = service((n) => n % 7 === 3)

    const outcomes = await writeGroup(grouping, rows(20), () => cloud)

    const taken = calls.filter((call) => call.every((n) => n % 7 !== 3)).flat()
    expect(new Set(taken).size).toBe(taken.length)
    expect(failedOf(outcomes)).toEqual([3, 10, 17])
  })

  test.each(['cloud/throttled', 'cloud/denied', 'cloud/unknown-outcome'] as const)(
    'that ends in %s ends so for all of them, without another call',
    async (code) => {
      const { calls, grouping } = service(() => true, code)

      const outcomes = await writeGroup(grouping, rows(8), () => cloud)

      expect(calls).toHaveLength(1)
      expect(outcomes).toEqual(rows(8).map(() => expect.objectContaining({ code })))
    },
  )

  test('is not divided by an error of our own', async () => {
    const { grouping } = service(() => false)
    const broken = { ...grouping.write, create: () => Promise.reject(new TypeError('broken')) }

    const writing = writeGroup({ ...grouping, write: broken }, rows(2), () => cloud)

    await expect(writing).rejects.toThrow('broken')
  })
})

test('a grouped mapper writes a single row by itself', async () => {
  const { calls, grouping } = service((n) => n === 2)
  const mapper = grouped<Row, unknown>({} as never, grouping)

  const outcomes: Outcome[] = [
    await mapper.create({ n: 1 } as never, 'token', cloud),
    await mapper.update({}, { n: 3 } as never, {}, 'token', cloud),
    await mapper.delete({}, { n: 4 } as never, cloud),
  ]

  expect(outcomes).toEqual(['1', '3', '4'].map((n) => done({ n })))
  expect(calls).toEqual([[1], [3], [4]])
  await expect(mapper.create({ n: 2 } as never, 'token', cloud)).rejects.toThrow('refused')
})
