/** The steps that every table goes through: each proves one promise of the engine to the table's users. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { JsonObject } from '#engine/model/json.ts'
import { cloudIdOf } from '../support/live-host.ts'
import { changeInCloud, countInCloud, removeFromCloud } from './behind-our-back.ts'
import { insertSql, updateSql } from './example-sql.ts'
import { notExercised, proved } from './report.ts'
import { apply, applyAsPredicted, jsonOf, type Objects, preview, rowOf, sql, sync, writes } from './steps.ts'
import {
  contentInCloud,
  existsInCloud,
  expectKept,
  expectSettled,
  expectSettledButCompanions,
  type Subject,
  tableOf,
  titleOf,
} from './subject.ts'

const actions = (rows: Objects, table: string) =>
  rows.filter((row) => row.table_name === table).map((row) => row.action)

export const insertNeeds = async ({ host, examples }: Omit<Subject, 'ids'>): Promise<Map<string, string>> => {
  const ids = new Map<string, string>()
  for (const [name, need] of Object.entries(examples.needs)) {
    const [row] = await sql(host, insertSql(need.table, need.row, ids))
    ids.set(name, row?.id ?? '')
  }
  if (ids.size > 0) await apply(host)
  return ids
}

const proveCreate = async (subject: Subject): Promise<string> => {
  const { host, examples, ids } = subject
  const { table, base } = examples
  const [inserted] = await sql(host, insertSql(table, base, ids))
  const id = inserted?.id ?? ''
  expect(actions(await preview(host), table)).toEqual(['create'])
  expect(actions(await applyAsPredicted(host), table)).toEqual(['create'])
  await expectKept(subject, id, base)
  expect(await existsInCloud(subject, await rowOf(host, table, id)), 'the cloud has it').toBe(true)
  await expectSettled(subject)
  proved(titleOf(examples), 'create')
  return id
}

const proveUpdate = async (subject: Subject, id: string) => {
  const { host, examples, ids } = subject
  const { table, update } = examples
  if (!update) return notExercised(titleOf(examples), 'update', 'nothing of it changes in place')
  const before = await cloudIdOf(host, table, id)
  await sql(host, updateSql(table, id, update, ids))
  expect(actions(await preview(host), table)).toEqual(['update'])
  expect(actions(await applyAsPredicted(host), table)).toEqual(['update'])
  expect(Object.keys(await cloudIdOf(host, table, id))).toEqual(Object.keys(before))
  await expectKept(subject, id, update)
  const late = await expectSettledButCompanions(subject)
  proved(titleOf(examples), 'update')
  if (late.length > 0)
    notExercised(
      titleOf(examples),
      'companions at once',
      `rows of ${late.join(', ')} follow with the next sync`,
    )
}

/** Somebody undoes the update in the cloud: the row follows. */
const proveDrift = async (subject: Subject, id: string, original: JsonObject) => {
  const { host, examples } = subject
  const { table, update } = examples
  const title = titleOf(examples)
  if (!update) return notExercised(title, 'drift', 'nothing of it changes in place')
  const plain = Object.keys(update).filter((name) => {
    const column = tableOf(examples).columns[name]
    // What an expression stands for is not undone in the cloud, where nobody knows of it: the row is enforced.
    const isExpressed = JSON.stringify(update[name]).includes('${')
    return column && !isExpressed && !column.reference && !column.secret && !column.unread && !column.content
  })
  if (plain.length === 0) return notExercised(title, 'drift', 'nothing that can be read changes in place')
  const changed = await jsonOf(host, table, id)
  const undone = Object.fromEntries(plain.map((name) => [name, original[name] ?? null]))
  await changeInCloud(host, table, id, undone)
  expect(actions(await sync(host), table)).toEqual(['update'])
  expect(await jsonOf(host, table, id)).not.toEqual(changed)
  await expectSettled(subject)
  proved(title, 'drift')
}

const proveReplace = async (subject: Subject, id: string) => {
  const { host, examples, ids } = subject
  const { table, replace } = examples
  if (!replace) return notExercised(titleOf(examples), 'replace', 'no column of it replaces')
  const old = await rowOf(host, table, id)
  const before = await cloudIdOf(host, table, id)
  await sql(host, updateSql(table, id, replace, ids))
  expect(actions(await preview(host), table)).toEqual(['replace'])
  await applyAsPredicted(host)
  await expectKept(subject, id, replace)
  expect(await cloudIdOf(host, table, id)).not.toEqual(before)
  expect(await existsInCloud(subject, old), 'the old one').toBe(false)
  expect(await existsInCloud(subject, await rowOf(host, table, id)), 'the new one').toBe(true)
  await expectSettled(subject)
  proved(titleOf(examples), 'replace')
}

const proveOutput = async (subject: Subject, id: string) => {
  const { host, examples } = subject
  const { table } = examples
  const output = Object.entries(tableOf(examples).columns).find(
    ([, column]) => column.nature === 'output' && column.sqlType === 'text',
  )?.[0]
  if (!output) return notExercised(titleOf(examples), 'output put back', 'it has no output of type text')
  const before = await rowOf(host, table, id)
  await sql(host, `UPDATE ${table} SET "${output}" = 'edited' WHERE id = ${id}`)
  await apply(host)
  expect((await rowOf(host, table, id))[output]).toBe(before[output])
  await expectSettled(subject)
  proved(titleOf(examples), 'output put back')
}

/** More than a row of a result, or an event, has room for. */
const largeBytes = 300 * 1_024
const largeSql = `(SELECT string_agg(md5(n::text), '') FROM generate_series(1, ${largeBytes / 32}) AS n)`

const proveContent = async (subject: Subject, id: string) => {
  const { host, examples } = subject
  const { table } = examples
  const title = titleOf(examples)
  const names = Object.entries(tableOf(examples).columns).flatMap(([name, { content }]) =>
    content ? [name] : [],
  )
  if (names.length === 0) return notExercised(title, 'content of 300 KB', 'no column is of the kind content')
  for (const name of names) {
    await sql(host, `UPDATE ${table} SET "${name}" = ${largeSql} WHERE id = ${id}`)
    await applyAsPredicted(host)
    const row = await rowOf(host, table, id)
    const bytes = await contentInCloud(subject, row)
    expect(bytes.length).toBe(largeBytes)
    expect(row[name]).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
    await expectSettled(subject)
  }
  proved(title, 'content of 300 KB')
}

const proveDisappearance = async (subject: Subject, id: string) => {
  const { host, examples } = subject
  const { table } = examples
  await removeFromCloud(host, table, id)
  expect(actions(await sync(host), table)).toEqual(['delete'])
  expect(await sql(host, `SELECT id FROM ${table} WHERE id = ${id}`)).toEqual([])
  await expectSettled(subject)
  proved(titleOf(examples), 'disappearance')
}

/** The answer to the first call that writes is lost with the process: the next one finds what was made. */
const proveCrash = async (subject: Subject) => {
  const { host, examples, ids } = subject
  const { table } = examples
  const before = await countInCloud(host, table)
  await sql(host, insertSql(table, examples.base, ids))
  const died = host.dieAfter(writes).then(() => 'a call that writes')
  const ended = host.client.run('SELECT * FROM iasql_apply()').then(
    () => 'no call that writes',
    () => died,
  )
  expect(await Promise.race([died, ended]), 'an apply that creates makes').toBe('a call that writes')
  await host.revive()
  const open = "SELECT count(*) FROM iasql_execution WHERE state NOT IN ('succeeded', 'failed', 'cancelled')"
  await expect.poll(() => sql(host, open), { timeout: 60_000 }).toEqual([{ count: '0' }])
  expect(await countInCloud(host, table), 'one more than before the crash').toBe(before + 1)
  await expectSettled(subject)
  proved(titleOf(examples), 'crash after create')
}

const proveReinstall = async (subject: Subject) => {
  const { host, examples, module } = subject
  const { table } = examples
  const [before] = await sql(host, `SELECT count(*) FROM ${table}`)
  await sql(host, `SELECT * FROM iasql_uninstall('${module.name}')`)
  await sql(host, `SELECT * FROM iasql_install('${module.name}')`)
  expect(await sql(host, `SELECT count(*) FROM ${table}`)).toEqual([before])
  await expectSettled(subject)
  proved(titleOf(examples), 'reinstall')
}

/** Deletes whatever the module's tables hold; what AWS made for the account is protected and stays. */
const proveEnd = async (subject: Subject) => {
  const { host, examples, module } = subject
  const { table } = examples
  const rows = await sql(host, `SELECT * FROM ${table}`)
  const deletes = module.tables
    .filter(({ access }) => access === 'full')
    .map(({ name }) => `DELETE FROM ${name};`)
    .reverse()
  await sql(host, `BEGIN; ${deletes.join(' ')} COMMIT`)
  await applyAsPredicted(host)
  const kept = new Set((await sql(host, `SELECT id FROM ${table}`)).map((row) => row.id))
  for (const row of rows) {
    if (!kept.has(row.id ?? '')) expect(await existsInCloud(subject, row), 'what was deleted').toBe(false)
  }
  expect(rows.length, 'something was deleted').toBeGreaterThan(kept.size)
  await expectSettled(subject)
  proved(titleOf(examples), 'delete')
}

export const proveAll = async (subject: Subject): Promise<void> => {
  const { host, examples } = subject
  const id = await proveCreate(subject)
  const original = await jsonOf(host, examples.table, id)
  await proveUpdate(subject, id)
  await proveDrift(subject, id, original)
  await proveReplace(subject, id)
  await proveOutput(subject, id)
  await proveContent(subject, id)
  await proveDisappearance(subject, id)
  await proveCrash(subject)
  await proveReinstall(subject)
  await proveEnd(subject)
}
