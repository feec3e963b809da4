/** The short run: some hundred random steps; `npm run model` takes thousands. */
import { expect, test } from 'vitest'
import { makeSteps } from './make-steps.ts'
import { runScript } from './run-script.ts'

test.each([1, 2, 3])('rows, records and cloud tell one story whatever happens (seed %i)', async (seed) => {
  const steps = makeSteps(seed, 80)

  const { violations, done, errors } = await runScript({ seed, steps })

  expect({ violations, done }, errors.join('\n')).toEqual({ violations: [], done: steps.length })
})
