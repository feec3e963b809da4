import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const level = (name: string, options: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
})

/** What is tried again with tenants in a database of their own; any other by IASQL_TEST_PLACEMENT=dedicated. */
const alsoDedicated = [
  'drift-checks',
  'people-sessions',
  'recover-apply',
  'run-life',
  'secret-apply',
  'topics',
  'transaction-session',
]

/** One file that takes as long as fifty others: begun last, everything would wait for it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('/conformance.test.ts')
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Most of a test's time is spent waiting for a database and an emulator of its own.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      level('unit', { testTimeout: 30_000 }),
      level('property'),
      level('model', { testTimeout: 600_000, hookTimeout: 120_000 }),
      level('cdk', { testTimeout: 120_000 }),
      level('browser', {
        globalSetup: 'test/support/chromium.ts',
        testTimeout: 60_000,
        hookTimeout: 120_000,
      }),
      level('integration', {
        include: ['test/integration/**/*.test.ts', 'test/isolation/**/*.test.ts'],
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      level('dedicated', {
        include: alsoDedicated.map((name) => `test/integration/${name}.test.ts`),
        env: { IASQL_TEST_PLACEMENT: 'dedicated' },
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      level('modules', { testTimeout: 300_000, hookTimeout: 120_000 }),
    ],
  },
})
