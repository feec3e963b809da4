import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Of what needs an emulator: all of them are forks of one. */
const withEmulator = { globalSetup: 'test/support/moto-stem.ts' }

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

/** Files of minutes, the longest first, which takes as long as fifty others: begun last, everything would wait for it. */
const longest = [
  'modules/conformance',
  'integration/module-pages',
  'integration/deployed-timeouts',
  'integration/tenants-move-crashes',
  'model/broken',
  'cdk/sufficiency',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = longest.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`))
      return index === -1 ? longest.length : index
    }
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Most of a test's time is spent waiting for a database and an emulator of its own.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      // They leave nothing behind, so they share what they load, which takes longer than the tests themselves.
      level('unit', { testTimeout: 30_000, isolate: false }),
      level('property'),
      level('model', { testTimeout: 600_000, hookTimeout: 120_000 }),
      level('cdk', { testTimeout: 120_000 }),
      level('browser', {
        globalSetup: 'test/support/chromium.ts',
        testTimeout: 60_000,
        hookTimeout: 120_000,
      }),
      level('integration', {
        ...withEmulator,
        include: ['test/integration/**/*.test.ts', 'test/isolation/**/*.test.ts'],
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      level('dedicated', {
        ...withEmulator,
        include: alsoDedicated.map((name) => `test/integration/${name}.test.ts`),
        env: { IASQL_TEST_PLACEMENT: 'dedicated' },
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      level('modules', { ...withEmulator, testTimeout: 300_000, hookTimeout: 120_000 }),
    ],
  },
})
