/** Every table's examples through its mapper alone: what is made is what was wanted, found, changed and gone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modules } from '#modules/registry.ts'
import { differences, type MapperLab, mapperOf, startMapperLab, tableOf } from '#test/support/mapper-lab.ts'

let lab: MapperLab

beforeAll(async () => {
  lab = await startMapperLab()
})
afterAll(() => lab.stop())

const examples = modules
  .flatMap((module) => module.examples)
  .filter(({ emulator }) => !emulator)
  .map((example) => ({ variant: 'as usual', ...example }))

describe.each(examples)('the mapper of $table ($variant)', (example) => {
  const table = tableOf(example.table)

  test('makes what the row wants, finds it, changes it in place and deletes it', async () => {
    const fill = await lab.prepare(example)
    const base = fill(example.base)
    const changes = fill(example.update ?? {})

    const id = await lab.create(table, base)
    const made = await lab.row(table, id)
    const listed = await lab.list(table)
    const updated = example.update ? await lab.update(table, id, changes) : id
    const changed = await lab.row(table, updated)
    await lab.remove(table, updated, base)
    const left = await lab.get(table, updated)

    expect(differences(table, base, made)).toEqual({})
    expect(listed).toContainEqual(id)
    expect(differences(table, { ...base, ...changes }, changed)).toEqual({})
    expect(left).toBeUndefined()
  })

  test('replaces only what it says cannot be changed in place', () => {
    const replaced = Object.keys(example.replace ?? {})
    const updated = Object.keys(example.update ?? {})

    const replacing = replaced.filter((name) => table.columns[name]?.replaces)

    expect(replacing).toEqual(replaced)
    expect(updated.filter((name) => table.columns[name]?.replaces)).toEqual([])
  })

  test('gives a row of exactly its columns', async () => {
    const fill = await lab.prepare(example)
    const asked = fill({ ...example.base, ...example.replace })
    const id = await lab.create(table, asked)

    const row = await lab.row(table, id)

    const told = Object.entries(table.columns).filter(
      ([, { nature, secret, unread }]) => nature !== 'local' && !secret && !unread,
    )
    expect(Object.keys(row).sort()).toEqual(told.map(([name]) => name).sort())
    await lab.remove(table, id, asked)
  })

  test('finds again what an interrupted create made', async () => {
    const fill = await lab.prepare(example)
    const mapper = mapperOf(table)
    const token = `token-of-${example.table}`.padEnd(40, '-')
    const want = fill({ ...example.base, ...example.replace })
    const id = await lab.create(table, want, token)

    const seen = mapper.findByToken
      ? await mapper.findByToken(token, lab.api(table), want as never)
      : await mapper.findByName?.({ ...(await lab.row(table, id)), ...want } as never, lab.api(table))

    expect(seen && mapper.idOf(seen)).toEqual(id)
    await lab.remove(table, id, want)
  })
})
