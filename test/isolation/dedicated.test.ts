/** What schemas of one database cannot keep from each other, tried by a tenant that is in a database of its own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import { BareClient } from '../support/bare-client.ts'
import { placeApart } from '../support/placement.ts'
import { type Attempt, canaries, canary, type Scene } from './attempt.ts'
import { leakAttempts } from './attempts/leaks.ts'
import { byDoor, type IsolationLab, type Outcome, rowsOf, sqlstateOf, startIsolationLab } from './lab.ts'

/** Those whose answer is `dedicated` in SECURITY.md and that show something of the victim. */
const ended = [
  'object-names',
  'comments',
  'sources',
  'row-counts',
  'sizes',
  'large-object-ids',
  'advisory-locks',
]

let lab: IsolationLab
let scene: Scene
let mallory: BareClient

beforeAll(async () => {
  lab = await startIsolationLab()
  const { ports, url } = lab.host.serving
  const { tenant } = await placeApart(ports, lab.scene.self)
  scene = { ...lab.scene, self: tenant }
  mallory = await BareClient.open(url, lab.tokens.mallory)
})
afterAll(async () => {
  mallory?.close()
  await lab?.stop()
})

const tries = leakAttempts
  .filter(({ id }) => ended.includes(id))
  .map((attempt, index) => [`${index} ${attempt.id}`, attempt] as const)
const sqlOf = ({ sql }: Attempt): string => (typeof sql === 'string' ? sql : sql(scene))

const byLogin = async (who: 'reader' | 'writer', sql: string): Promise<Outcome> => {
  const client = await lab.connect(scene.self, who)
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' })
    return { kind: 'ran', rows: rows as unknown[][] }
  } catch (error) {
    return { kind: 'refused', sqlstate: sqlstateOf(error), message: (error as Error).message }
  } finally {
    await client.end()
  }
}

const expectNothing = (outcome: Outcome): void => {
  const { victim, largeObject } = scene
  const told = JSON.stringify(outcome)
  const secrets = [
    canary,
    ...Object.values(canaries),
    'schemes',
    victim.schema,
    victim.userSchema,
    largeObject,
  ]
  expect(secrets.filter((secret) => told.includes(secret))).toEqual([])
  expect(told).not.toContain('taken')
  expect(told).not.toMatch(/"bytes",\d/)
}

describe.each(['writer', 'reader'] as const)('by the login of the %s', (who) => {
  test.each(tries)('%s', async (_title, attempt) => {
    expectNothing(await byLogin(who, sqlOf(attempt)))
  })

  test('no database of others is open, and its own is open to nobody else', async () => {
    const knock = (tenant: Scene['self'], database: string) =>
      lab.connect(tenant, who, database).then(
        (client) => client.end(),
        (error) => sqlstateOf(error),
      )

    expect(await knock(scene.self, scene.victim.writer.database)).toBe('42501')
    expect(await knock(scene.victim, scene.self.writer.database)).toBe('42501')
    expect(await knock(scene.victim, scene.victim.writer.database)).toBeUndefined()
  })
})

describe('through the front door', () => {
  test.each(tries)('%s', async (_title, attempt) => {
    expectNothing(await byDoor(mallory, sqlOf(attempt)))
  })

  test('it works, and so does the other', async () => {
    await rowsOf(mallory, 'CREATE TABLE plans (id int PRIMARY KEY); INSERT INTO plans VALUES (1)')

    expect(await rowsOf(mallory, 'SELECT id FROM plans')).toEqual([['1']])
    expect(await rowsOf(lab.victor, 'SELECT body FROM schemes ORDER BY id')).toEqual([[canary], [canary]])
  })

  test('the catalogue of its database has no schema of another tenant', async () => {
    const found = await findTenant(lab.host.database.platform, { id: scene.self.id })
    const names = await rowsOf(mallory, "SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_' ORDER BY 1")

    expect(found?.cell).toBe(scene.self.id)
    expect(names).toEqual([[scene.self.schema], [scene.self.userSchema]])
  })
})
