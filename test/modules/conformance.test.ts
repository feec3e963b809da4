import { EC2Client } from '@aws-sdk/client-ec2'
import { SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CloudId } from '#engine/model/cloud.ts'
import type { Examples } from '#modules/kit/examples.ts'
import type { ResourceType } from '#modules/kit/table.ts'
import { findTable, modules } from '#modules/registry.ts'
import { startTestHost, type TestHost } from '../support/host.ts'
import { insertSql, updateSql } from './example-sql.ts'
import { notExercised, proved, report } from './report.ts'
import { apply, expectConverged, preview, rowOf, sql, sync } from './steps.ts'

let host: TestHost
let clients: { ec2: EC2Client; sqs: SQSClient }

beforeAll(async () => {
  host = await startTestHost()
  clients = { ec2: new EC2Client(host.awsConfiguration), sqs: new SQSClient(host.awsConfiguration) }
})

afterAll(async () => {
  await host?.stop()
  console.log(`Conformance\n${report()}`)
})

const actions = (rows: readonly Readonly<Record<string, string | null>>[], table: string) =>
  rows.filter((row) => row.table_name === table).map((row) => row.action)

const tableOf = (examples: Examples): ResourceType => {
  const table = findTable(examples.table)
  if (!table) throw new Error(`the registry has no table ${examples.table}`)
  return table
}

const existsInCloud = async (
  examples: Examples,
  row: Readonly<Record<string, string | null>>,
): Promise<boolean> => {
  const { exists } = (await import(`./checks/${examples.table}.ts`)) as {
    exists(row: Readonly<Record<string, unknown>>, clients: object): Promise<boolean>
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

const cloudIdOf = async (table: string, id: string): Promise<CloudId> => {
  const row = await host.resource(table, id)
  if (!row) throw new Error(`${table} ${id} has no resource`)
  return row
}

const removeNeeds = async (examples: Examples, ids: ReadonlyMap<string, string>): Promise<void> => {
  for (const [name, need] of Object.entries(examples.needs).reverse()) {
    await sql(host, `DELETE FROM ${need.table} WHERE id = ${ids.get(name)}`)
  }
  if (ids.size > 0) await apply(host)
}

const proveLife = async (
  examples: Examples,
  ids: ReadonlyMap<string, string>,
): Promise<{ id: string; row: Readonly<Record<string, string | null>> }> => {
  const { table } = examples
  const [inserted] = await sql(host, insertSql(table, examples.base, ids))
  const id = inserted?.id ?? ''
  expect(actions(await preview(host), table)).toEqual(['create'])
  proved(table, 'preview shows one create')
  expect(actions(await apply(host), table)).toEqual(['create'])
  const row = await rowOf(host, table, id)
  expect(await existsInCloud(examples, row), 'the cloud has it').toBe(true)
  proved(table, 'the cloud has it')
  await expectConverged(host)
  proved(table, 'converged after create')
  return { id, row }
}

const proveUpdate = async (examples: Examples, id: string, ids: ReadonlyMap<string, string>) => {
  const { table, update } = examples
  if (!update) return notExercised(table, 'update keeps the id', 'nothing of it changes in place')
  const before = await cloudIdOf(table, id)
  await sql(host, updateSql(table, id, update, ids))
  expect(actions(await preview(host), table)).toEqual(['update'])
  expect(actions(await apply(host), table)).toEqual(['update'])
  const after = await cloudIdOf(table, id)
  if (!host.idMayMove(table)) expect(after).toEqual(before)
  await expectConverged(host)
  proved(table, 'update keeps the id')
}

const proveReplace = async (examples: Examples, id: string, ids: ReadonlyMap<string, string>) => {
  const { table, replace } = examples
  if (!replace) return notExercised(table, 'replace makes a new one', 'no column of it replaces')
  const old = await rowOf(host, table, id)
  const before = await cloudIdOf(table, id)
  await sql(host, updateSql(table, id, replace, ids))
  expect(actions(await preview(host), table)).toEqual(['replace'])
  await apply(host)
  expect(await cloudIdOf(table, id)).not.toEqual(before)
  expect(await existsInCloud(examples, old), 'the old one is gone').toBe(false)
  expect(await existsInCloud(examples, await rowOf(host, table, id)), 'the new one stands').toBe(true)
  await expectConverged(host)
  proved(table, 'replace makes a new one')
}

const proveOutputs = async (examples: Examples, id: string) => {
  const { table } = examples
  const output = Object.entries(tableOf(examples).columns).find(
    ([, column]) => column.nature === 'output' && column.sqlType === 'text',
  )?.[0]
  if (!output) return notExercised(table, 'an edited output is put back', 'it has no output of type text')
  const before = await rowOf(host, table, id)
  await sql(host, `UPDATE ${table} SET "${output}" = 'edited' WHERE id = ${id}`)
  await apply(host)
  expect((await rowOf(host, table, id))[output]).toBe(before[output])
  await expectConverged(host)
  proved(table, 'an edited output is put back')
}

const proveDrift = async (examples: Examples, id: string, ids: ReadonlyMap<string, string>) => {
  const { table, update, base } = examples
  if (!update) return notExercised(table, 'an edit behind our back is seen', 'nothing of it changes in place')
  const original = Object.fromEntries(Object.keys(update).map((name) => [name, base[name] ?? null]))
  const drifted = await rowOf(host, table, id)
  await host.behindOurBack.update(table, id, original, ids)
  expect(actions(await sync(host), table)).toEqual(['update'])
  const row = await rowOf(host, table, id)
  const [column = ''] = Object.keys(update)
  expect(row[column]).not.toBe(drifted[column])
  await expectConverged(host)
  proved(table, 'an edit behind our back is seen')
}

const proveDisappearance = async (examples: Examples, id: string) => {
  const { table } = examples
  await host.behindOurBack.remove(table, id)
  expect(actions(await sync(host), table)).toEqual(['delete'])
  expect(await sql(host, `SELECT id FROM ${table} WHERE id = ${id}`)).toEqual([])
  await expectConverged(host)
  proved(table, 'a delete behind our back is seen')
}

const proveCrash = async (examples: Examples, ids: ReadonlyMap<string, string>): Promise<string> => {
  const { table } = examples
  const before = await host.countInCloud(table)
  const [inserted] = await sql(host, insertSql(table, examples.base, ids))
  await host.applyAndCrashAfterCreate(table)
  await host.settled()
  expect(await host.countInCloud(table), 'one more than before the crash').toBe(before + 1)
  await expectConverged(host)
  proved(table, 'a crash after create leaves no double')
  return inserted?.id ?? ''
}

const proveReinstall = async (examples: Examples, module: string) => {
  const { table } = examples
  const [before] = await sql(host, `SELECT count(*) FROM ${table}`)
  await sql(host, `SELECT * FROM iasql_uninstall('${module}')`)
  await sql(host, `SELECT * FROM iasql_install('${module}')`)
  const [after] = await sql(host, `SELECT count(*) FROM ${table}`)
  expect(after).toEqual(before)
  await expectConverged(host)
  proved(table, 'reinstall finds it again')
}

const proveEnd = async (examples: Examples) => {
  const { table } = examples
  const rows = await host.ownRows(table)
  for (const row of rows) await sql(host, `DELETE FROM ${table} WHERE id = ${row.id}`)
  await apply(host)
  for (const row of rows) expect(await existsInCloud(examples, row), 'nothing is left').toBe(false)
  await expectConverged(host)
  proved(table, 'delete leaves nothing')
}

for (const module of modules.filter((candidate) => candidate.examples.length > 0)) {
  describe(module.name, () => {
    beforeAll(async () => {
      await sql(host, `SELECT * FROM iasql_install('${module.name}')`)
      host.calls.length = 0
    })

    test.each(module.examples.map((examples) => [examples.table, examples] as const))('%s conforms', async (_, examples) => {
      const ids = await insertNeeds(examples)
      await host.remember(examples.table)
      const { id } = await proveLife(examples, ids)
      await proveUpdate(examples, id, ids)
      await proveDrift(examples, id, ids)
      await proveReplace(examples, id, ids)
      await proveOutputs(examples, id)
      await proveDisappearance(examples, id)
      await proveCrash(examples, ids)
      await proveReinstall(examples, module.name)
      await proveEnd(examples)
      await removeNeeds(examples, new Map(await host.idsAfterReinstall(examples, ids)))
      notExercised(examples.table, 'a value of 300 KB', 'no column is of the kind content')
    })

    test('the operations called are exactly those declared', () => {
      const declared = new Set(module.tables.flatMap((table) => table.mapper?.operations ?? []))
      const clientNames = new Set(module.tables.map((table) => table.mapper?.client.name))

      const called = new Set(
        host.calls
          .filter((call) => clientNames.has(`${call.service}Client`))
          .map((call) => call.operation),
      )

      expect([...called].sort()).toEqual([...declared].sort())
    })
  })
}

test('every table that can be written has examples', () => {
  const writable = modules.flatMap((module) => module.tables).filter((table) => table.access === 'full' && table.mapper)
  const shown = new Set(modules.flatMap((module) => module.examples).map((examples) => examples.table))

  expect(writable.map((table) => table.name).filter((name) => !shown.has(name))).toEqual([])
})
