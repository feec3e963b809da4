/** The SQL of docs/modules, as whoever pastes it runs it. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { modules } from '#modules/registry.ts'
import { type LiveHost, startLiveHost } from '#test/support/live-host.ts'
import { type PageBlock, type PageSection, sectionsOf } from '#test/support/module-page.ts'
import { keepProof } from '#test/support/proofs.ts'
import { moduleDocs } from '../../tools/module-docs.ts'
import { preview, sql } from '../modules/steps.ts'

let host: LiveHost | undefined
const installed = new Set<string>()

const stop = async (): Promise<void> => {
  installed.clear()
  const last = host
  host = undefined
  await last?.stop()
}
afterAll(stop)
// What a section that failed left behind would fail those after it.
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await stop()
})

const run = async (live: LiveHost, { sql: text, applies, claim }: PageBlock): Promise<void> => {
  const rows = text.trim() === '' ? [] : await sql(live, text)
  if (claim?.action === 'rows of') expect(rows.length, `rows that are shown by ${text}`).toBeGreaterThan(0)
  if (!applies) return
  if (claim) {
    const planned = (await preview(live)).map(({ action, table_name }) => `${action} ${table_name}`)
    expect(planned, text).toContain(`${claim.action} ${claim.of}`)
  }
  await sql(live, 'SELECT * FROM iasql_apply()')
  expect(await preview(live), `the plan after ${text}`).toEqual([])
}

/** The host that has the module; the page begins with how it is installed. */
async function hostWith(module: string, [install]: readonly PageSection[]): Promise<LiveHost> {
  host ??= await startLiveHost()
  if (installed.has(module)) return host
  for (const block of install?.blocks ?? []) await run(host, block)
  installed.add(module)
  return host
}

async function follow(module: string, section: PageSection, all: readonly PageSection[]): Promise<void> {
  const live = await hostWith(module, all)
  const startedAt = performance.now()
  const { title, table, blocks } = section
  const keep = (state: string): void => {
    const steps = Object.fromEntries(
      blocks.map(({ claim }, index) => [claim?.action ?? `block ${index}`, state]),
    )
    keepProof('pages', module, { [title]: { table, ms: performance.now() - startedAt, steps } })
  }
  keep('failed')
  for (const block of blocks) await run(live, block)
  keep('proved')
}

test('the pages are those that `npm run docs` makes', () => {
  const pages = readdirSync('docs/modules').map((name) => [
    name,
    readFileSync(`docs/modules/${name}`, 'utf8'),
  ])

  expect(Object.fromEntries(pages)).toEqual(Object.fromEntries(moduleDocs()))
})

for (const { name } of modules) {
  const sections = sectionsOf(moduleDocs().get(`${name}.md`) ?? '')
  describe(`${name}.md`, () => {
    test.each(sections.slice(1).map((section) => [section.title, section] as const))(
      'the SQL of %s does what it says',
      (_, section) => follow(name, section, sections),
    )
  })
}
