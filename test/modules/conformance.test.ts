import { EC2Client } from '@aws-sdk/client-ec2'
import { SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Examples } from '#modules/kit/examples.ts'
import type { ResourceType } from '#modules/kit/table.ts'
import { findTable, modules } from '#modules/registry.ts'
import { cloudIdOf, type LiveHost, startLiveHost } from '../support/live-host.ts'
import { changeInCloud, countInCloud, removeFromCloud } from './behind-our-back.ts'
import type { CheckClients } from './checks/clients.ts'
import { insertSql, updateSql } from './example-sql.ts'
import { notExercised, proved, report } from './report.ts'
import { apply, expectConverged, jsonOf, type Objects, preview, rowOf, sql, sync } from './steps.ts'

let host: LiveHost
let clients: CheckClients

beforeAll(async () => {
  host = await startLiveHost()
  clients = { ec2: new EC2Client(host.awsConfiguration), sqs: new SQSClient(host.awsConfiguration) }
})

afterAll(async () => {
  await host?.stop()
  console.log(`Conformance\n${report()}`)
})

const actions = (rows: Objects, table: string) =>
  rows.filter((row) => row.table_name === table).map((row) => row.action)

const tableOf = (examples: Examples): ResourceType => {
  const table = findTable(examples.table)
  if (!table) throw new Error(`the registry has no table ${examples.table}`)
  return table
}

/** By an SDK call of the check's own, so that the mapper does not testify for itself. */
const existsInCloud = async (examples: Examples, row: Objects[number]): Promise<boolean> => {
  const { exists } = (await import(`./checks/${examples.table}.ts`)) as {
    exists(row: Objects[number], clients: CheckClients): Promise<boolean>
  }
  return exists(row, clients)
}

const insertNeeds = async (examples: Examples): Promise<Map<string, string>> => {
  const ids = new Map<string, string>()
  for (const [name, need] of Object.entries(examples.needs)) {
    const [row] = await sql(host, insertSql(need.table, need.row, ids))
    ids.set(name, row?.id ?? '')
  }
  if (ids.size > 0) await apply(host)
  return ids
}

const proveCreate = async (examples: Examples, ids: ReadonlyMap<string, string>): Promise<string> => {
  const { table } = examples
  const [inserted] = await sql(host, insertSql(table, examples.base, ids))
  const id = inserted?.id ?? ''
  expect(actions(await preview(host), table)).toEqual(['create'])
  expect(actions(await apply(host), table)).toEqual(['create'])
  expect(await existsInCloud(examples, await rowOf(host, table, id)), 'the cloud has it').toBe(true)
  await expectConverged(host)
  proved(table, 'create')
  return id
}

const proveUpdateAndDrift = async (examples: Examples, id: string, ids: ReadonlyMap<string, string>) => {
  const { table, update } = examples
  if (!update) {
    for (const step of ['update', 'drift']) notExercised(table, step, 'nothing of it changes in place')
    return
  }
  const before = await cloudIdOf(host, table, id)
  const original = await jsonOf(host, table, id)
  await sql(host, updateSql(table, id, update, ids))
  expect(actions(await preview(host), table)).toEqual(['update'])
  expect(actions(await apply(host), table)).toEqual(['update'])
  expect(Object.keys(await cloudIdOf(host, table, id))).toEqual(Object.keys(before))
  await expectConverged(host)
  proved(table, 'update')

  const plain = Object.keys(update).filter((name) => !tableOf(examples).columns[name]?.reference)
  if (plain.length === 0) return notExercised(table, 'drift', 'only references of it change in place')
  const changed = await jsonOf(host, table, id)
  await changeInCloud(
    host,
    table,
    id,
    Object.fromEntries(plain.map((name) => [name, original[name] ?? null])),
  )
  expect(actions(await sync(host), table)).toEqual(['update'])
  expect(await jsonOf(host, table, id)).not.toEqual(changed)
  await expectConverged(host)
  proved(table, 'drift')
}

const proveReplace = async (examples: Examples, id: string, ids: ReadonlyMap<string, string>) => {
  const { table, replace } = examples
  if (!replace) return notExercised(table, 'replace', 'no column of it replaces')
  const old = await rowOf(host, table, id)
  const before = await cloudIdOf(host, table, id)
  await sql(host, updateSql(table, id, replace, ids))
  expect(actions(await preview(host), table)).toEqual(['replace'])
  await apply(host)
  expect(await cloudIdOf(host, table, id)).not.toEqual(before)
  expect(await existsInCloud(examples, old), 'the old one').toBe(false)
  expect(await existsInCloud(examples, await rowOf(host, table, id)), 'the new one').toBe(true)
  await expectConverged(host)
  proved(table, 'replace')
}

const proveOutput = async (examples: Examples, id: string) => {
  const { table } = examples
  const output = Object.entries(tableOf(examples).columns).find(
    ([, column]) => column.nature === 'output' && column.sqlType === 'text',
  )?.[0]
  if (!output) return notExercised(table, 'output put back', 'it has no output of type text')
  const before = await rowOf(host, table, id)
  await sql(host, `UPDATE ${table} SET "${output}" = 'edited' WHERE id = ${id}`)
  await apply(host)
  expect((await rowOf(host, table, id))[output]).toBe(before[output])
  await expectConverged(host)
  proved(table, 'output put back')
}

const proveDisappearance = async ({ table }: Examples, id: string) => {
  await removeFromCloud(host, table, id)
  expect(actions(await sync(host), table)).toEqual(['delete'])
  expect(await sql(host, `SELECT id FROM ${table} WHERE id = ${id}`)).toEqual([])
  await expectConverged(host)
  proved(table, 'disappearance')
}

/** The first declared operation that creates: the one whose answer is lost. */
const creationOf = (examples: Examples): string => {
  const found = tableOf(examples).mapper?.operations.find((name) => /^(Create|Associate|Put)/.test(name))
  if (!found) throw new Error(`no operation of ${examples.table} creates`)
  return found
}

const proveCrash = async (examples: Examples, ids: ReadonlyMap<string, string>) => {
  const { table } = examples
  const before = await countInCloud(host, table)
  await sql(host, insertSql(table, examples.base, ids))
  const died = host.dieAfter(creationOf(examples))
  void host.client.run('SELECT * FROM iasql_apply()').catch(() => {})
  await died
  await host.revive()
  await expect
    .poll(
      () =>
        sql(
          host,
          "SELECT count(*) FROM iasql_execution WHERE state NOT IN ('succeeded', 'failed', 'cancelled')",
        ),
      {
        timeout: 60_000,
      },
    )
    .toEqual([{ count: '0' }])
  expect(await countInCloud(host, table), 'one more than before the crash').toBe(before + 1)
  await expectConverged(host)
  proved(table, 'crash after create')
}

const proveReinstall = async ({ table }: Examples, module: string) => {
  const [before] = await sql(host, `SELECT count(*) FROM ${table}`)
  await sql(host, `SELECT * FROM iasql_uninstall('${module}')`)
  await sql(host, `SELECT * FROM iasql_install('${module}')`)
  expect(await sql(host, `SELECT count(*) FROM ${table}`)).toEqual([before])
  await expectConverged(host)
  proved(table, 'reinstall')
}

/** Deletes whatever the module's tables hold; what AWS made for the account is protected and stays. */
const proveEnd = async (examples: Examples, tables: readonly ResourceType[]) => {
  const { table } = examples
  const rows = await sql(host, `SELECT * FROM ${table}`)
  const deletes = tables
    .filter(({ access }) => access === 'full')
    .map(({ name }) => `DELETE FROM ${name};`)
    .reverse()
  await sql(host, `BEGIN; ${deletes.join(' ')} COMMIT`)
  await apply(host)
  const kept = new Set((await sql(host, `SELECT id FROM ${table}`)).map((row) => row.id))
  for (const row of rows) {
    if (!kept.has(row.id ?? '')) expect(await existsInCloud(examples, row), 'what was deleted').toBe(false)
  }
  expect(rows.length, 'something was deleted').toBeGreaterThan(kept.size)
  await expectConverged(host)
  proved(table, 'delete')
}

for (const module of modules.filter(({ examples }) => examples.length > 0)) {
  describe(module.name, () => {
    beforeAll(async () => {
      host.calls.length = 0
      await sql(host, `SELECT * FROM iasql_install('${module.name}')`)
    })

    const cases = module.examples.map((examples) => [examples.table, examples] as const)
    test.each(cases)('%s conforms', async (table, examples) => {
      const ids = await insertNeeds(examples)
      const id = await proveCreate(examples, ids)
      await proveUpdateAndDrift(examples, id, ids)
      await proveReplace(examples, id, ids)
      await proveOutput(examples, id)
      await proveDisappearance(examples, id)
      await proveCrash(examples, ids)
      await proveReinstall(examples, module.name)
      await proveEnd(examples, module.tables)
      notExercised(table, 'content of 300 KB', 'no column is of the kind content')
    })

    test('calls no operation that no table declares, and reports those that its examples never called', () => {
      const declaredBy = (tables: readonly ResourceType[]) =>
        new Set(tables.flatMap(({ mapper }) => mapper?.operations ?? []))
      const declared = declaredBy(modules.flatMap(({ tables }) => tables))
      const called = new Set(host.calls.map(({ operation }) => operation))

      const undeclared = [...called].filter((operation) => !declared.has(operation))
      const uncalled = [...declaredBy(module.tables)].filter((operation) => !called.has(operation))

      expect(undeclared).toEqual([])
      if (uncalled.length > 0) notExercised(module.name, 'operations', uncalled.join(', '))
      else proved(module.name, 'operations')
    })
  })
}

test('every table that can be written has examples', () => {
  const tables = modules.flatMap((module) => module.tables)
  const shown = new Set(modules.flatMap(({ examples }) => examples).map(({ table }) => table))

  const without = tables.filter(({ access, mapper, name }) => access === 'full' && mapper && !shown.has(name))

  expect(without.map(({ name }) => name)).toEqual([])
})
