#!/usr/bin/env node
// The command `iasql`: starts on any Node from 20, and goes on with the bundled one where this is too old to run TypeScript.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const oldestMajor = 24

if (Number.parseInt(process.version.slice(1), 10) >= oldestMajor) {
  const { runProcess } = await import('./main.ts')
  await runProcess()
} else if (process.env.IASQL_REEXECUTED) {
  fail(`the bundled Node is ${process.version}, too old as well; run npm ci again`)
} else {
  goOnWith(bundledNode())
}

function bundledNode() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
  } catch {
    fail(`needs Node ${oldestMajor}, this is ${process.version}, and no bundled one is installed; run npm ci`)
  }
}

function goOnWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, IASQL_REEXECUTED: '1' },
  })
  // A terminal sends Ctrl-C to both; the child takes two within a moment for one.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`cannot start the bundled Node: ${error.message}; run npm ci`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function fail(message) {
  process.stderr.write(`iasql: ${message}\n`)
  process.exit(1)
}
