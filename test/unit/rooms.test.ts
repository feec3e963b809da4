import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser'
import { expect, onTestFinished, test } from 'vitest'
import { checkFile } from '../../tools/check-file.ts'

const rules = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  forbidden: IForbiddenRuleType[]
  options: ICruiseOptions
}

/** The rules broken by a tree in which the first file imports the second. */
async function rulesBroken(from: string, to: string, keyword = 'import'): Promise<string[]> {
  const baseDir = mkdtempSync(join(tmpdir(), 'iasql-rooms-'))
  onTestFinished(() => rmSync(baseDir, { recursive: true, force: true }))
  const isOurs = to.includes('/')
  writeFileSync(
    join(baseDir, 'package.json'),
    JSON.stringify({ type: 'module', imports: { '#ours/*': './*' } }),
  )
  for (const path of isOurs ? [from, to] : [from])
    mkdirSync(join(baseDir, dirname(path)), { recursive: true })
  if (isOurs) writeFileSync(join(baseDir, to), 'export const thing = 1\nexport type Thing = 1\n')
  writeFileSync(join(baseDir, from), `${keyword} { thing } from '${isOurs ? `#ours/${to}` : to}'\n`)

  const folders = [...new Set([from, ...(isOurs ? [to] : [])].map((path) => path.split('/')[0] ?? ''))]
  const options = { ...rules.options, baseDir, validate: true, ruleSet: { forbidden: rules.forbidden } }
  const { output } = await cruise(folders, options)
  return (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name)
}

test.each([
  ['engine/merge/a.ts', 'postgres/b.ts'],
  ['websocket/a.ts', 'engine/model/b.ts'],
  ['modules/kit/a.ts', 'engine/plan/b.ts'],
  ['modules/aws_sqs/a.ts', 'modules/aws_vpc/b.ts'],
  ['modules/aws_sqs/a.ts', 'engine/model/b.ts'],
  ['aws/a.ts', 'postgres/b.ts'],
  ['postgres/a.ts', 'operations/b.ts'],
  ['operations/run/a.ts', 'modules/aws_sqs/b.ts'],
  ['functions/a.ts', 'local/b.ts'],
  ['statemachines/a.ts', 'operations/b.ts'],
  ['cdk/a.ts', 'operations/b.ts'],
  ['cli/commands/sql.ts', 'local/b.ts'],
  ['local/a.ts', 'cli/b.ts'],
  ['local/a.ts', 'test/support/b.ts'],
])('%s may not import %s, not even its types', async (from, to) => {
  expect(await rulesBroken(from, to)).toHaveLength(1)
  expect(await rulesBroken(from, to, 'import type')).toHaveLength(1)
})

test.each([
  ['modules/aws_sqs/a.ts', 'modules/kit/b.ts'],
  ['modules/registry.ts', 'modules/aws_sqs/b.ts'],
  ['operations/run/a.ts', 'postgres/statements/b.ts'],
  ['cli/commands/start.ts', 'local/b.ts'],
  ['test/unit/a.ts', 'engine/merge/b.ts'],
])('%s may import %s', async (from, to) => {
  expect(await rulesBroken(from, to)).toEqual([])
})

test('pure rooms may not import parts of Node', async () => {
  expect(await rulesBroken('engine/a.ts', 'node:fs')).toEqual(['a pure room'])
  expect(await rulesBroken('postgres/a.ts', 'node:fs')).toEqual([])
})

const ofLines = (count: number) => () => 'x\n'.repeat(count)

test.each([
  ['a file of a module that is longer than 250 lines', 'modules/aws_sqs/queue.ts', 251],
  ['a long file of the kit', 'modules/kit/columns.ts', 251],
  ['a file three folders down', 'operations/a/b/c/d.ts', 1],
  ['a file without a noun', 'engine/plan/utils.ts', 1],
])('%s is refused', (_, path, lines) => {
  const found = checkFile(path, ofLines(lines))

  expect(found).toEqual([{ isFatal: true, text: expect.stringContaining(path) }])
})

test('a long file elsewhere is a warning', () => {
  expect(checkFile('operations/plan/a.ts', ofLines(401))).toMatchObject([{ isFatal: false }])
})

test.each([
  ['a file of a module of 250 lines', 'modules/aws_sqs/queue.ts', 250],
  ['a file of 400 lines elsewhere', 'operations/plan/a.ts', 400],
  ['a long one that is generated', 'modules/generated/a.ts', 1_000],
  ['a long one that is no source', 'modules/aws_sqs/a.json', 1_000],
])('%s is fine', (_, path, lines) => {
  expect(checkFile(path, ofLines(lines))).toEqual([])
})
