/** `npm run coverage:modules`: what the last runs have proved of every table; exits with 1 if nothing is proved of one. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ResourceType } from '#modules/kit/table.ts'
import { modules } from '#modules/registry.ts'
import { textAbout } from '#test/modules/recorded-shapes.ts'
import { type Proof, type ProofKind, readProofs } from '#test/support/proofs.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Cell {
  readonly text: string
  readonly isProof: boolean
  /** What is not proved, a line each. */
  readonly open: readonly string[]
}

const nothing = (text: string): Cell => ({ text, isProof: false, open: [] })

/** Of the proofs of one table: steps that a run went through, and the reasons of those that none did. */
export function cellOf(proofs: readonly (readonly [string, Proof])[]): Cell {
  const steps = proofs.flatMap(([title, proof]) =>
    Object.entries(proof.steps).map(([step, state]) => ({ title, step, state })),
  )
  const proved = steps.filter(({ state }) => state === 'proved').length
  const hasFailed = steps.some(({ state }) => state === 'failed')
  const open = steps.flatMap(({ title, step, state }) =>
    state === 'proved' ? [] : [`${title}, ${step}: ${state}`],
  )
  if (steps.length === 0) return nothing('not run')
  return { text: `${hasFailed ? 'FAILED, ' : ''}${proved} of ${steps.length}`, isProof: proved > 0, open }
}

function runCell(kind: ProofKind, { module, name }: ResourceType): Cell {
  const found = readProofs(kind, module)
  if (typeof found === 'string') return nothing(found)
  return cellOf(Object.entries(found.proofs).filter(([, { table }]) => table === name))
}

interface TestFile {
  readonly name: string
  readonly status: string
  readonly assertionResults: readonly { readonly status: string }[]
}

/** Recorded shapes need no emulator: they are run now. Gives the sources of the files of which every test has passed. */
function passedShapes(): readonly string[] {
  const report = join(root, '.iasql/proofs/shapes.json')
  mkdirSync(dirname(report), { recursive: true })
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  const options = ['--project', 'unit', '--reporter=json', `--outputFile=${report}`, 'test/unit/modules-']
  spawnSync(process.execPath, [vitest, 'run', ...options], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as { testResults: readonly TestFile[] }
  return testResults
    .filter(
      ({ status, assertionResults: all }) =>
        status === 'passed' && all.length > 0 && all.every((each) => each.status === 'passed'),
    )
    .map(({ name }) => readFileSync(name, 'utf8'))
    .filter((source) => source.includes("from 'aws-sdk-client-mock'"))
}

/** Operations of which a test that has passed records an answer. */
export function shapesCell({ name, mapper }: ResourceType, passed: readonly string[]): Cell {
  const sources = passed.map((source) => textAbout(name, source))
  const operations = mapper?.operations ?? []
  const held = operations.filter((operation) =>
    sources.some((source) => new RegExp(`\\b${operation}Command\\b`).test(source)),
  )
  if (held.length === 0) return nothing('–')
  return { text: `${held.length} of ${operations.length} calls`, isProof: true, open: [] }
}

function main(): number {
  const passed = passedShapes()
  const rows = modules.flatMap(({ tables }) =>
    tables.map((table) => ({
      name: `${table.module}.${table.name}`,
      cells: [runCell('conformance', table), shapesCell(table, passed), runCell('pages', table)],
    })),
  )
  console.log('| table | conformance steps | recorded shapes | SQL of its page |\n|---|---|---|---|')
  for (const { name, cells } of rows)
    console.log(`| ${[name, ...cells.map(({ text }) => text)].join(' | ')} |`)
  const open = rows.flatMap(({ cells }) => cells.flatMap((cell) => cell.open))
  if (open.length > 0) console.log(`\nNot proved:\n${open.map((line) => `  ${line}`).join('\n')}`)
  const bare = rows.filter(({ cells }) => !cells.some(({ isProof }) => isProof))
  if (bare.length === 0) return 0
  console.error(`\nNothing is proved of ${bare.map(({ name }) => name).join(', ')}.`)
  console.error('Run `npm run conform` and `npx vitest run --project integration module-pages` first.')
  return 1
}

if (import.meta.main) process.exit(main())
