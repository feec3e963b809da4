/** Other people's rules, applied to what we deploy: the CDK's own, AWS's for security, CloudFormation's for templates. */
import { AwsSolutionsChecks } from 'cdk-nag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lintTemplate } from './lint-template.ts'
import { type Synthesis, synthesize } from './synthesis.ts'

let whole: Synthesis

beforeAll(() => {
  whole = synthesize(
    { cognito: true, multiAz: true, alarmEmail: 'ops@example.com' },
    new AwsSolutionsChecks(),
  )
}, 120_000)

afterAll(() => whole?.dispose())

test('the CDK warns of nothing, and AwsSolutions finds nothing that is not explained where it is', () => {
  expect(whole.warnings).toEqual([])
})

test('an explanation names one finding, and says more than that it is meant so', () => {
  const explained = whole.acknowledgements.filter(({ id }) => id.startsWith('AwsSolutions'))

  expect(explained.length).toBeGreaterThan(10)
  for (const { id, reason } of explained) {
    expect(id).toMatch(/^AwsSolutions-\w+(\[.+\])?$/)
    expect(reason.length).toBeGreaterThan(20)
  }
})

test('cfn-lint has nothing to say about the template', async () => {
  expect(await lintTemplate(whole.path)).toBe('')
}, 300_000)
