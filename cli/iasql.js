#!/usr/bin/env node
// The command `iasql`: starts on any Node from 20, and goes on with the bundled one where this is too old to run TypeScript.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import nodeModule, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const oldestMajor = 24
const remedy = 'install again with install scripts allowed (npm ci, or npm install iasql)'
const interrupted = 128 + constants.signals.SIGINT

// First of all, since a signal that nobody listens for would be the end without an exit code. Who has something to end listens too.
process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') === 1) process.exit(process.exitCode ?? interrupted)
})

// Whoever killed the Node that started us meant us: the end of the channel says that it is gone, `kill -9` included.
if (process.env.IASQL_REEXECUTED && process.connected !== undefined) {
  const end = () => process.kill(process.pid, 'SIGKILL')
  if (!process.connected) end()
  process.on('disconnect', end)
  process.channel?.unref()
}

if (Number.parseInt(process.version.slice(1), 10) >= oldestMajor) {
  // Halves the time to start; the folder is the installation's own, since what is in it is run.
  nodeModule.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))
  // A clone runs its sources; the published package has them bundled, as Node runs no TypeScript below node_modules.
  const hasSources = existsSync(new URL('main.ts', import.meta.url))
  const { runProcess } = await import(hasSources ? './main.ts' : '../dist/main.js')
  await runProcess()
} else if (process.env.IASQL_REEXECUTED) {
  fail(`the bundled Node is ${process.version}, too old as well; ${remedy}`)
} else {
  goOnWith(bundledNode())
}

function bundledNode() {
  const require = createRequire(import.meta.url)
  try {
    const manifest = require.resolve('node/package.json')
    return join(dirname(manifest), require(manifest).bin.node)
  } catch {
    fail(`needs Node ${oldestMajor}, this is ${process.version}, and no bundled one is installed; ${remedy}`)
  }
}

function goOnWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, IASQL_REEXECUTED: '1' },
  })
  // A terminal sends Ctrl-C to both; the child takes two within a moment for one.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`cannot start the bundled Node: ${error.message}; ${remedy}`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function fail(message) {
  process.stderr.write(`iasql: ${message}\n`)
  process.exit(1)
}
