/** The app as somebody runs it who has just cloned the repository. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const outdirs = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'iasql-synth-')))
const [first = '', second = ''] = outdirs

/** Without a home there are no credentials, no configuration and no context; without AWS_* no region either. */
const synth = (outdir: string, ...words: readonly string[]) =>
  run(
    process.execPath,
    [
      join(root, 'node_modules/aws-cdk/bin/cdk'),
      'synth',
      '--quiet',
      '--no-notices',
      '--output',
      outdir,
      ...words,
    ],
    {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: outdir },
    },
  )

let said: string

beforeAll(async () => {
  const { stdout, stderr } = await synth(first)
  said = stdout + stderr
}, 120_000)

afterAll(() => {
  for (const outdir of outdirs) rmSync(outdir, { recursive: true, force: true })
})

test('it is synthesized without credentials, context or a build, and without a warning', () => {
  expect(said).not.toMatch(/warning|deprecat|feature flag|error/i)
  expect(readdirSync(first)).toEqual(expect.arrayContaining(['iasql.template.json', 'manifest.json']))
})

test('two builds have the same template and the same assets', async () => {
  await synth(second)

  const contents = (outdir: string) => ({
    template: readFileSync(join(outdir, 'iasql.template.json'), 'utf8'),
    assets: readdirSync(outdir).filter((name) => name.startsWith('asset.')),
  })
  expect(contents(second)).toEqual(contents(first))
  expect(contents(first).assets).toHaveLength(1)
}, 120_000)

test('an option that makes no sense is refused in words, without a stack trace', async () => {
  const refused: { readonly stderr: string } = await synth(second, '-c', 'minCapacity=much').catch(
    (error) => error,
  )

  expect(refused.stderr).toContain('iasql: minCapacity: “much” is no capacity')
  expect(refused.stderr).not.toContain('at readOptions')
}, 120_000)
