/** The examples of every table on the whole product: `npm run conform` prints what was proved and what was not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Examples } from '#modules/kit/examples.ts'
import type { Module } from '#modules/kit/module.ts'
import type { ResourceType } from '#modules/kit/table.ts'
import { modules } from '#modules/registry.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'
import { keepProof } from '../support/proofs.ts'
import { type ClientOf, clientsOf } from './check.ts'
import { insertNeeds, proveAll } from './proofs.ts'
import { shapesMissing, unitTests } from './recorded-shapes.ts'
import { failed, notExercised, proved, report, stepsOf } from './report.ts'
import { sql } from './steps.ts'
import { tableOf, titleOf } from './subject.ts'

let host: LiveHost
let client: ClientOf

beforeAll(async () => {
  host = await startLiveHost()
  client = clientsOf(host.awsConfiguration)
})

afterAll(async () => {
  await host?.stop()
  console.log(`Conformance\n${report()}`)
})

const isEmulated = ({ emulator }: Examples): boolean => !emulator

/** What the emulator cannot run is not proved, whatever its unit tests hold. */
const expectShapes = ({ examples: all }: Module, examples: Examples): void => {
  const isNeverEmulated = !all.filter(({ table }) => table === examples.table).some(isEmulated)
  notExercised(titleOf(examples), 'every step', examples.emulator ?? '')
  expect(shapesMissing(tableOf(examples), unitTests(), isNeverEmulated), 'recorded shapes').toEqual([])
}

/** Does it, and leaves what it proved and how long that took for `npm run coverage:modules`. */
const kept = async (module: Module, examples: Examples, prove: () => Promise<void>): Promise<void> => {
  const title = titleOf(examples)
  const startedAt = performance.now()
  try {
    await prove()
  } catch (error) {
    failed(title)
    throw error
  } finally {
    const ms = performance.now() - startedAt
    keepProof('conformance', module.name, { [title]: { table: examples.table, ms, steps: stepsOf(title) } })
  }
}

for (const module of modules.filter(({ examples }) => examples.length > 0)) {
  describe(module.name, () => {
    beforeAll(async () => {
      host.calls.length = 0
      if (module.examples.some(isEmulated)) await sql(host, `SELECT * FROM iasql_install('${module.name}')`)
    })

    const cases = module.examples.map((examples) => [titleOf(examples), examples] as const)
    test.each(cases)('%s conforms', (_, examples) =>
      kept(module, examples, async () => {
        if (!isEmulated(examples)) return expectShapes(module, examples)
        const subject = { host, client, module, examples }
        await proveAll({ ...subject, ids: await insertNeeds(subject) })
      }),
    )

    test('calls no operation that no table declares, and reports those that its examples never called', () => {
      const declaredBy = (tables: readonly ResourceType[]) =>
        new Set(tables.flatMap(({ mapper }) => mapper?.operations ?? []))
      const declared = declaredBy(modules.flatMap(({ tables }) => tables))
      const called = new Set(host.calls.map(({ operation }) => operation))

      const undeclared = [...called].filter((operation) => !declared.has(operation))
      const uncalled = [...declaredBy(module.tables)].filter((operation) => !called.has(operation))

      expect(undeclared, 'add to `operations` of the mapper').toEqual([])
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
