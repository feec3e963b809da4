/** What holds for every module on offer, so that the next one need not be told. */
import { expect, test } from 'vitest'
import { qualifiedName } from '#engine/model/table.ts'
import { findModule, findTable, modules } from '#modules/registry.ts'

const tables = modules.flatMap((module) => module.tables)

test('a module comes after those it requires', () => {
  const names = modules.map((module) => module.name)

  const early = modules.filter((module, index) =>
    module.requires.some((required) => !names.slice(0, index).includes(required)),
  )

  expect(early).toEqual([])
})

test('table names are unique over all modules', () => {
  const names = tables.map((table) => table.name)

  expect(new Set(names).size).toBe(names.length)
})

test('a reference names a table that is there, and a text column of it when it goes by name', () => {
  const references = tables.flatMap((table) =>
    Object.values(table.columns).flatMap((column) => column.reference ?? []),
  )

  for (const { table, by } of references) {
    const target = findTable(table)
    expect(target && qualifiedName(target)).toBe(table)
    if (by !== 'id') expect(target).toMatchObject({ naturalKey: [by], uniqueKey: true })
  }
})

test('keys, protections, companions and writable columns name columns of the table', () => {
  for (const table of tables) {
    const named = [
      ...table.naturalKey,
      ...table.writable,
      ...table.hydrates,
      ...table.createdWith.map(({ via }) => via),
      ...table.protects.flatMap(({ through }) => through ?? []),
    ]
    expect(Object.keys(table.columns)).toEqual(expect.arrayContaining(named))
  }
})

test('what rows come after is a table of the module or of one that it requires, and the ways lead to one row', () => {
  const all = tables.flatMap((table) => (table.after ?? []).map((extra) => ({ ...extra, of: table })))

  for (const { table, by, via, where, of } of all) {
    const other = findTable(table)
    expect(other && qualifiedName(other)).toBe(table)
    expect([of.module, ...(findModule(of.module)?.requires ?? [])]).toContain(other?.module)
    expect(Object.keys(other?.columns ?? {})).toEqual(expect.arrayContaining([...by]))
    expect(Object.keys(of.columns)).toEqual(
      expect.arrayContaining([...via.slice(0, 1), where?.column ?? 'tags']),
    )
  }
  expect(all.map(({ of }) => of.name)).toEqual(expect.arrayContaining(['nat_gateway', 'service']))
})

test('every type that can be written has examples', () => {
  const shown = modules.flatMap((module) => module.examples.map((example) => example.table))

  const written = tables.filter((table) => table.access === 'full').map((table) => table.name)

  expect([...new Set(shown)].sort()).toEqual(written.sort())
})

test('sets of examples of one table are told apart by their variant', () => {
  const titles = modules.flatMap((module) =>
    module.examples.map(({ table, variant = '' }) => `${table} ${variant}`),
  )

  expect(new Set(titles).size).toBe(titles.length)
})

test('companions can be told from others, and listed by parent', () => {
  const children = tables.filter((table) => table.createdWith.length > 0)

  expect(children.filter(({ mapper }) => !mapper?.companionOf || !mapper.companions)).toEqual([])
})

test('a check has the name of its column in place', () => {
  const checks = tables.flatMap((table) => Object.values(table.columns).flatMap(({ check }) => check ?? []))

  expect(checks.filter((check) => check.includes('{}'))).toEqual([])
  expect(findTable('queue')?.columns.delay_seconds?.check).toBe(
    '"delay_seconds" >= 0 AND "delay_seconds" <= 900',
  )
})

test('modules and tables are found by the names that users write', () => {
  expect(findModule('aws_vpc')?.name).toBe('aws_vpc')
  expect(findTable('vpc')).toBe(findTable('aws_vpc.vpc'))
  expect(findTable('nothing')).toBeUndefined()
})

test('every description is a sentence', () => {
  const descriptions = tables.flatMap((table) => [
    table.description,
    ...Object.values(table.columns).map((column) => column.description),
  ])

  expect(descriptions.filter((text) => !text.endsWith('.'))).toEqual([])
})
