/** `npm run conform [module …]`: takes the examples of all modules, or of those named, through the conformance runner. */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { modules } from '#modules/registry.ts'

const known = modules.filter(({ examples }) => examples.length > 0).map(({ name }) => name)
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`There are no examples of ${unknown.join(', ')}. Modules with examples: ${known.join(', ')}.`)
  process.exit(64)
}

const require = createRequire(import.meta.url)
const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs')
const filter = wanted.length > 0 ? ['-t', `^(${wanted.join('|')}) `] : []
const child = spawn(process.execPath, [vitest, 'run', '--project', 'modules', ...filter], {
  stdio: 'inherit',
})
child.on('exit', (code) => process.exit(code ?? 1))
