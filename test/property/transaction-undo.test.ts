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
  lab = await openCommitLab({ modules: ['shapes'] })
  ann = await lab.session('ann')
}, 120_000)
afterAll(async () => {
  await lab?.close()
})

const seeds = [...Array.from({ length: 8 }, (_, index) => index + 1), 54]

/** Undefined when the tables refuse it. */
async function write(session: LabSession, random: Random, most?: number): Promise<string | undefined> {
  const statements = await randomStatements(lab.user, random, most)
  return await session.write(...statements).catch(() => undefined)
}

/** A network whose rulebook was edited, with a guard that lets out as it was made, and one that does not. */
async function makeCompanions(): Promise<void> {
  await lab.user.run(`INSERT INTO network (cidr, mtu) VALUES ('10.250.0.0/16', 1500)`)
  for (const notes of ['open', 'shut'])
    await lab.user.run(
      `INSERT INTO guard (network_id, notes) SELECT id, '${notes}' FROM network WHERE cidr = '10.250.0.0/16'`,
    )
  await ann.call('iasql_apply')
  await lab.user.run(`UPDATE rulebook SET rules = '["a"]'`)
  await lab.user.run(`DELETE FROM rule r USING guard g WHERE g.id = r.guard_id AND g.notes = 'shut'`)
  await ann.call('iasql_apply')
  await lab.settle()
}
/** Each makes something anew on its way there, or back. */
const renewals = [
  [`UPDATE network SET cidr = '10.251.0.0/16' WHERE cidr = '10.250.0.0/16'`],
  [`DELETE FROM guard WHERE notes IN ('open', 'shut')`],
  [
    `INSERT INTO network (cidr, mtu) VALUES ('10.252.0.0/16', 1500)`,
    `UPDATE guard g SET network_id = n.id FROM network n WHERE n.cidr = '10.252.0.0/16'`,
  ],
]

async function refusalOf(work: Promise<unknown>): Promise<IasqlError | undefined> {
  return await work.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof IasqlError) return error
      throw error
    },
  )
}

interface Picture {
  readonly tables: Readonly<Record<string, Row>>
  readonly things: readonly string[]
  readonly plan: readonly string[]
}
const picture = async (): Promise<Picture> => ({
  tables: await lab.tables(),
  things: await lab.things(),
  // What is made anew has another id.
  plan: (await lab.plan()).map((line) => line.replace(/\b[a-z]{3}-[0-9a-f]{8}\b/g, 'anew')),
})

const halfDone = 'its old one is left to be deleted'

/** What stands beside the row's own, and is told, is no part of what is put back. */
function withoutOld({ tables, things, plan }: Picture): Picture {
  const isOld = (thing: string): boolean => {
    const [owner = ''] = /(network|guard|segment|rule|server|gateway)\/\d+/.exec(thing) ?? []
    return /^\w+ (with )?(network|guard|segment|rule|server|gateway)\//.test(thing) && !(owner in tables)
  }
  return {
    tables,
    things: things.filter((thing) => !isOld(thing)),
    plan: plan.filter((line) => !/^delete (network|guard|segment|rule|server|gateway) /.test(line)),
  }
}

/** A way out that is made again may come by AWS or by us, whoever made it before. */
const unmarked = (one: Picture): Picture => ({
  ...one,
  things: one.things.map((thing) => thing.replace(/^rule (with guard|rule)\/\d+:/, 'rule:')).sort(),
})

/** Without what AWS has made meanwhile along with rows of before, which is nobody's edit. */
function withoutNews(
  tables: Readonly<Record<string, Row>>,
  before: Readonly<Record<string, Row>>,
): Readonly<Record<string, Row>> {
  const isMadeAlong = (key: string, row: Row): boolean =>
    (key.startsWith('rulebook/') && `network/${row.network_id}` in before) ||
    (key.startsWith('rule/') &&
      row.direction === 'out' &&
      row.port === -1 &&
      `guard/${row.guard_id}` in before)
  return Object.fromEntries(
    Object.entries(tables).filter(([key, row]) => key in before || !isMadeAlong(key, row)),
  )
}

async function reset(): Promise<void> {
  lab.refuse(() => false)
  await refusalOf(ann.call('iasql_rollback'))
  for (const table of ['server', 'rule', 'guard', 'gateway', 'segment', 'topic', 'network'])
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
      for (let at = 0; at < 8 || past.length === 0; at += 1) {
        if (random.isLucky(0.3)) await refusalOf(ann.call('iasql_apply'))
        await lab.settle()
        const before = await lab.tables()
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

      const { before = {} } = past[from] ?? {}
      expect(withoutNews(await lab.tables(), before)).toEqual(before)
    },
    300_000,
  )
})

describe('a commit of which one call is refused', () => {
  test.each(seeds)(
    'leaves tables and cloud as they were, and one that is done, nothing to do (seed %i)',
    async (seed) => {
      const random = new Random(100 + seed)
      await reset()
      await makeCompanions()
      for (let at = 0; at < 3; at += 1) await write(ann, random, 6)
      await refusalOf(ann.call('iasql_apply'))
      await lab.settle()
      if (random.isLucky(0.5)) await write(ann, random, 2)
      const before = await picture()
      await ann.call('iasql_begin')
      await ann.write(...random.pick(renewals)).catch(() => undefined)
      for (let at = 0; at < 3; at += 1) await write(ann, random, 3)
      let left = random.below(10)
      lab.refuse((operation) => {
        if (/^(List|Describe)/.test(operation)) return false
        left -= 1
        return left === -1
      })

      const error = await refusalOf(ann.call('iasql_commit'))

      if (error?.code === 'transaction/edited') await ann.call('iasql_rollback')
      await lab.settle()
      const after = await picture()
      const seen = error?.detail?.includes(halfDone) ? withoutOld(after) : after
      if (error) expect(unmarked(seen), `${error.message}\n${error.detail}`).toEqual(unmarked(before))
      else {
        expect(left).toBeGreaterThanOrEqual(0)
        expect(before.plan, 'what is left was left before').toEqual(expect.arrayContaining([...after.plan]))
      }
    },
    300_000,
  )
})
