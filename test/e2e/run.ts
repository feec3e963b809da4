/** `npm run e2e`: the whole product in a real account, from deployment to destruction. Asks twice before it does anything. */
import { parseArgs } from 'node:util'
import { checkOptIn, help, RefusedError } from './opt-in.ts'
import { steps } from './steps.ts'

const { values } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' }, keep: { type: 'boolean' } },
})

async function main(): Promise<number> {
  if (values.help) {
    console.log(help)
    return 0
  }
  const place = checkOptIn(process.env)
  for (const { name, work } of steps(place, { keep: values.keep === true })) {
    const startedAt = performance.now()
    await work()
    console.log(`ok   ${name} (${Math.round((performance.now() - startedAt) / 1_000)} s)`)
  }
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof RefusedError ? `e2e: ${error.message}\n\n${help}` : error)
  process.exitCode = 1
}
