/** Every attempt of a hostile tenant: through the product's front door, and by logging in to the database itself. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Attempt, canaries, canary, type Verdict } from './attempt.ts'
import { attempts } from './attempts/index.ts'
import { byDoor, type IsolationLab, type Outcome, rowsOf, startIsolationLab } from './lab.ts'

let lab: IsolationLab

beforeAll(async () => {
  lab = await startIsolationLab()
})
afterAll(() => lab?.stop())

const sqlOf = ({ sql }: Attempt): string => (typeof sql === 'string' ? sql : sql(lab.scene))

/** Told apart where several attempts are of one kind. */
const titled = attempts.map((attempt, index) => [`${index} ${attempt.id}`, attempt] as const)

const expectVerdict = (outcome: Outcome, verdict: Verdict): void => {
  const told = JSON.stringify(outcome)
  expect(told).not.toContain(canary)
  expect(told).not.toContain(canaries.query)
  if (verdict.kind === 'refused') {
    expect(outcome).toMatchObject({ kind: 'refused', sqlstate: expect.toBeOneOf([...verdict.by]) })
    return
  }
  expect(outcome).toMatchObject({ kind: 'ran' })
  if (verdict.kind === 'empty') expect(outcome).toMatchObject({ rows: [] })
  if (verdict.kind === 'leaks') expect(told).toContain(verdict.shows?.(lab.scene) ?? '')
  // Who it was stays who it is.
  else expect(told).not.toContain(lab.scene.victim.writerRole)
}

describe('through the front door', () => {
  test.each(titled)('%s', async (_title, attempt) => {
    expectVerdict(await byDoor(lab.mallory, sqlOf(attempt)), attempt.door ?? attempt.verdict)
  })
})

describe.each(['writer', 'reader'] as const)('by the login of the %s', (who) => {
  test.each(titled)('%s', async (_title, attempt) => {
    const verdict = (who === 'reader' && attempt.reader) || attempt.verdict
    expectVerdict(await lab.byLogin(who, sqlOf(attempt)), verdict)
  })

  test('no other database is open', async () => {
    for (const database of ['postgres', 'template1']) {
      const outcome = await lab.connect(lab.scene.self, who, database).then(
        (client) => client.end(),
        (error) => (error as { code: string }).code,
      )
      expect(outcome).toBe('42501')
    }
  })

  test('connections are counted', async () => {
    const connecting = Array.from({ length: 24 }, () => lab.connect(lab.scene.self, who))
    const settled = await Promise.allSettled(connecting)
    const refusals = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    for (const one of settled) if (one.status === 'fulfilled') await one.value.end()

    expect(refusals.length).toBeGreaterThanOrEqual(4)
    expect(new Set(refusals)).toEqual(new Set(['53300']))
  })
})

test('the victim has lost nothing, and works', async () => {
  expect(await rowsOf(lab.victor, 'SELECT body FROM schemes ORDER BY id')).toEqual([[canary], [canary]])
  expect(await rowsOf(lab.victor, 'SELECT price(), nextval($$scheme_numbers$$)')).toEqual([
    [canaries.source, '1'],
  ])
})

test('nobody got a right on anything of another', async () => {
  const { self, victim } = lab.scene
  const rights = await lab.host.database.platform.query(
    `SELECT n.nspname || ' ' || r.rolname AS opened FROM pg_namespace n, pg_roles r
     WHERE n.nspname IN ('${self.schema}', '${self.userSchema}', '${victim.schema}', '${victim.userSchema}')
       AND r.rolname LIKE '%writer' AND left(n.nspname, 18) <> left(r.rolname, 18)
       AND has_schema_privilege(r.rolname, n.nspname, 'USAGE, CREATE')`,
  )

  expect(rights).toEqual([])
})

test('SECURITY.md tells every leak with its consequence and the answer, and no other', async () => {
  const page = await readFile(new URL('../../SECURITY.md', import.meta.url), 'utf8')
  const lines = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  const told = lines.flatMap(([, id = '', ...cells]) => (/^`[\w-]+`$/.test(id) ? [{ id, cells }] : []))
  const leaking = attempts.filter(({ verdict, door }) => [verdict, door].some((one) => one?.kind === 'leaks'))

  expect(told.map(({ id }) => id.replaceAll('`', '')).sort()).toEqual(
    [...new Set(leaking.map(({ id }) => id))].sort(),
  )
  for (const { cells } of told) expect(cells.slice(0, 3).every((cell) => cell.length > 0)).toBe(true)
})
