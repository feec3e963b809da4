/** `npm run model`: random users, a random cloud and random crashes against the invariants; a failure prints what replays it. */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { makeSteps } from '#test/model/make-steps.ts'
import { runScript, type Verdict } from '#test/model/run-script.ts'
import { shrink } from '#test/model/shrink.ts'
import type { Script } from '#test/model/step.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    steps: { type: 'string', default: '10000' },
    /** Steps of one tenant; the next one begins anew. */
    each: { type: 'string', default: '250' },
    replay: { type: 'string' },
    /** Whether a failing script is cut down to the steps that matter. */
    shrink: { type: 'boolean', default: true },
    'keep-going': { type: 'boolean', default: false },
  },
  allowNegative: true,
})

const total = new Map<string, number>()
const add = (counts: Readonly<Record<string, number>>): void => {
  for (const [name, count] of Object.entries(counts)) total.set(name, (total.get(name) ?? 0) + count)
}
const tell = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const tellVerdict = ({ violations, statements, errors }: Verdict): void => {
  for (const { name, what } of violations) tell(`  ${name}: ${what}`)
  for (const statement of statements.slice(-40)) tell(`    ${statement}`)
  for (const error of errors.slice(-10)) tell(`    said: ${error}`)
}

const startedAt = performance.now()

const failsAlike = (name: string) => async (script: Script) => {
  const { violations } = await runScript(script)
  return violations.some((violation) => violation.name === name)
}

async function fail(script: Script, verdict: Verdict): Promise<void> {
  tell(`seed ${script.seed} fails after ${verdict.done} steps`)
  tellVerdict(verdict)
  const steps = script.steps.slice(0, verdict.done)
  const [first] = verdict.violations
  const minimal =
    first && values.shrink
      ? await shrink({ seed: script.seed, steps }, failsAlike(first.name), tell)
      : { ...script, steps }
  const file = `model-${script.seed}.json`
  await writeFile(file, `${JSON.stringify(minimal, null, 1)}\n`)
  tell(`${minimal.steps.length} steps are enough: npm run model -- --replay ${file}`)
  process.exitCode = 1
}

if (values.replay) {
  const script = JSON.parse(await readFile(values.replay, 'utf8')) as Script
  const verdict = await runScript(script, {
    log: (level, message, fields) => level === 'error' && console.error(message, fields),
  })
  tell(verdict.violations.length > 0 ? 'it fails' : 'it holds')
  tellVerdict(verdict)
  if (verdict.violations.length > 0) process.exitCode = 1
} else {
  const wanted = Number(values.steps)
  const each = Math.min(Number(values.each), wanted)
  let done = 0
  for (let seed = Number(values.seed); done < wanted; seed++) {
    const script = { seed, steps: makeSteps(seed, each) }
    const verdict = await runScript(script)
    done += verdict.done
    add(verdict.counts)
    add(verdict.faults as Readonly<Record<string, number>>)
    const seconds = (performance.now() - startedAt) / 1_000
    const hours = (verdict.virtualMs / 3_600_000).toFixed(1)
    tell(
      `seed ${seed}: ${verdict.done} steps, ${hours} h of the cloud; ${done} in all, ${(done / seconds).toFixed(1)} a second`,
    )
    if (verdict.violations.length === 0) continue
    await fail(script, verdict)
    if (!values['keep-going']) break
  }
  tell(JSON.stringify(Object.fromEntries([...total].sort())))
}
