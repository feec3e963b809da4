/** Whatever is written, written back, copied, rolled back and replaced: a marker stands for the value that was committed last. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findTable } from '#modules/registry.ts'
import { openSecrets } from '#operations/secrets/open-secrets.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_secrets_manager']])
}, 60_000)
afterAll(() => lab?.close())

const name = fc.constantFrom('one', 'two', 'three')
const value = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !/\0|^secret:\d+$/.test(text))

type Step =
  | { readonly kind: 'insert' | 'upsert' | 'update'; readonly name: string; readonly value: string }
  | { readonly kind: 'copy'; readonly name: string; readonly from: string }
  | { readonly kind: 'keep' | 'delete'; readonly name: string }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('insert', 'upsert', 'update'), name, value }),
  fc.record({ kind: fc.constant('copy' as const), name, from: name }),
  fc.record({ kind: fc.constantFrom('keep', 'delete'), name }),
)
const transaction = fc.record({ steps: fc.array(step, { maxLength: 4 }), isUndone: fc.boolean() })

const sqlOf = (act: Step): string => {
  switch (act.kind) {
    case 'insert':
      return 'INSERT INTO secret (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING'
    case 'upsert':
      return `INSERT INTO secret (name, value) VALUES (:name, :value)
        ON CONFLICT (name, account_id, region) DO UPDATE SET value = EXCLUDED.value`
    case 'update':
      return 'UPDATE secret SET value = :value WHERE name = :name'
    case 'copy':
      return 'UPDATE secret SET value = (SELECT s.value FROM secret s WHERE s.name = :from) WHERE name = :name'
    case 'keep':
      return 'UPDATE secret SET value = value, description = :name WHERE name = :name'
    case 'delete':
      return 'DELETE FROM secret WHERE name = :name'
  }
}

/** What the rows hold afterwards; undefined: the statement is refused. `own` are those written by this transaction. */
function after(held: ReadonlyMap<string, string>, own: ReadonlySet<string>, act: Step) {
  const next = new Map(held)
  const written = new Set(own)
  const write = (text: string) => {
    next.set(act.name, text)
    written.add(act.name)
  }
  if (act.kind === 'delete') next.delete(act.name)
  else if (act.kind === 'upsert' || (act.kind === 'insert' && !held.has(act.name))) write(act.value)
  else if (act.kind === 'update' && held.has(act.name)) write(act.value)
  else if (act.kind === 'copy' && held.has(act.name) && act.from !== act.name) {
    const copied = held.get(act.from)
    if (copied === undefined || !own.has(act.from)) return undefined
    write(copied)
  }
  return { held: next, own: written }
}

const valuesHeld = async (): Promise<Record<string, string | undefined>> => {
  const type = findTable('secret')
  if (!type) throw new Error('there is no table secret')
  const rows = await lab.user.query<{ name: string; value: string }>('SELECT name, value FROM secret')
  const values = rows.map(async (row) => {
    const opened = await openSecrets(lab.ports, lab.tenant, type, { value: row.value })
    return [row.name, opened.get(row.value)] as const
  })
  return Object.fromEntries(await Promise.all(values))
}

test('a marker stands for what was committed last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(transaction, { maxLength: 5 }), async (transactions) => {
      await lab.user.run('DELETE FROM secret')
      let held: ReadonlyMap<string, string> = new Map()

      for (const { steps, isUndone } of transactions) {
        const undone = new Error('undone')
        let reached: ReadonlyMap<string, string> | undefined = held
        const ended = await lab.user
          .transaction(async (open) => {
            let own: ReadonlySet<string> = new Set()
            for (const act of steps) {
              const state: ReturnType<typeof after> = reached && after(reached, own, act)
              reached = state?.held
              if (state) own = state.own
              await open.run(sqlOf(act), parametersOf(act))
            }
            if (isUndone) throw undone
          })
          .then(
            () => 'committed',
            (error: unknown) => (error === undone ? 'undone' : 'refused'),
          )
        expect(ended).toBe(reached === undefined ? 'refused' : isUndone ? 'undone' : 'committed')
        if (ended === 'committed' && reached) held = reached
      }

      expect(await valuesHeld()).toEqual(Object.fromEntries(held))
    }),
    { numRuns: 60 },
  )
}, 120_000)

const parametersOf = (act: Step): Record<string, string> => ({
  name: act.name,
  ...('value' in act ? { value: act.value } : {}),
  ...('from' in act ? { from: act.from } : {}),
})
