/** Whatever was edited in whatever order: a suffix of it is taken back by reverts, and a commit that fails leaves no trace. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { type CommitLab, openCommitLab } from '#test/support/commit-lab.ts'
import { randomStatements } from '#test/support/random-edits.ts'
import type { LabSession } from '#test/support/session.ts'
import { Random } from '#test/support/simulated/random.ts'

let lab: CommitLab
let ann: LabSession

beforeAll(async () => {
  lab = await openCommitLab()
  ann = await lab.session('ann')
}, 120_000)
afterAll(async () => {
  await lab?.close()
})

const seeds = Array.from({ length: 8 }, (_, index) => index + 1)

/** What AWS makes along with a network is made again with it, as another row. */
const tables = async (): Promise<Readonly<Record<string, Row>>> =>
  Object.fromEntries(Object.entries(await lab.tables()).filter(([key]) => !key.startsWith('rulebook/')))

/** Undefined when the tables refuse it. */
async function write(session: LabSession, random: Random, most?: number): Promise<string | undefined> {
  const statements = await randomStatements(lab.user, random, most)
  return await session.write(...statements).catch(() => undefined)
}

async function refusalOf(work: Promise<unknown>): Promise<IasqlError | undefined> {
  return await work.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof IasqlError) return error
      throw error
    },
  )
}

async function reset(): Promise<void> {
  lab.refuse(() => false)
  await refusalOf(ann.call('iasql_rollback'))
  for (const table of ['server', 'gateway', 'segment', 'topic', 'network'])
    await lab.user.run(`DELETE FROM ${table}`)
  for (let times = 0; times < 3; times += 1) await refusalOf(ann.call('iasql_apply'))
  await lab.settle()
  await ann.call('iasql_sync')
}

describe('reverts, newest first', () => {
  test.each(seeds)(
    'give the rows of before what they take back (seed %i)',
    async (seed) => {
      const random = new Random(seed)
      await reset()
      const past: { readonly id: string; readonly before: Readonly<Record<string, Row>> }[] = []
      for (let at = 0; at < 8; at += 1) {
        if (random.isLucky(0.3)) await refusalOf(ann.call('iasql_apply'))
        await lab.settle()
        const before = await tables()
        const isBegun = random.isLucky(0.5)
        const [begun] = isBegun ? await ann.call('iasql_begin') : []
        const xid = await write(ann, random)
        if (isBegun) await write(ann, random)
        const refused = isBegun ? await refusalOf(ann.call('iasql_commit')) : undefined
        if (refused?.code === 'transaction/edited') await ann.call('iasql_rollback')
        const id = isBegun ? String(begun?.transaction_id) : xid
        if (id !== undefined) past.push({ id, before })
      }
      await lab.settle()
      const from = random.below(past.length)

      for (const { id } of past.slice(from).reverse()) {
        const refused = await refusalOf(ann.call('iasql_revert', [id]))
        // What changed nothing is no transaction.
        expect([undefined, 'transaction/unknown'], refused?.message).toContain(refused?.code)
        if (random.isLucky(0.3)) await refusalOf(ann.call('iasql_apply'))
      }

      expect(await tables()).toEqual(past[from]?.before)
    },
    300_000,
  )
})

describe('a commit of which one call is refused', () => {
  test.each(seeds)(
    'leaves tables and cloud as they were (seed %i)',
    async (seed) => {
      const random = new Random(100 + seed)
      await reset()
      for (let at = 0; at < 3; at += 1) await write(ann, random, 6)
      await refusalOf(ann.call('iasql_apply'))
      await lab.settle()
      if (random.isLucky(0.5)) await write(ann, random, 2)
      const picture = async () => ({
        tables: await tables(),
        things: await lab.things(),
        plan: await lab.plan(),
      })
      const before = await picture()
      await ann.call('iasql_begin')
      for (let at = 0; at < 3; at += 1) await write(ann, random, 3)
      let left = random.below(6)
      lab.refuse((operation) => {
        if (/^(List|Describe)/.test(operation)) return false
        left -= 1
        return left === -1
      })

      const error = await refusalOf(ann.call('iasql_commit'))

      if (error?.code === 'transaction/edited') await ann.call('iasql_rollback')
      await lab.settle()
      if (error) expect(await picture(), `${error.message}\n${error.detail}`).toEqual(before)
      else expect(left).toBeGreaterThanOrEqual(0)
    },
    300_000,
  )
})
