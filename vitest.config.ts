import { defineConfig } from 'vitest/config'

const level = (name: string, options: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
})

export default defineConfig({
  test: {
    projects: [
      level('unit'),
      level('property'),
      level('cdk', { testTimeout: 120_000 }),
      level('integration', { testTimeout: 120_000, hookTimeout: 120_000 }),
      level('modules', { testTimeout: 300_000, hookTimeout: 120_000 }),
    ],
  },
})
