/** cfn-lint: the one on PATH, or an installation that all tests share. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const shared = fileURLToPath(new URL('../../.iasql/cfn-lint', import.meta.url))
const requirement = 'cfn-lint==1.58.0'

async function interpreter(): Promise<string> {
  const python = join(shared, 'bin', 'python')
  if (existsSync(python)) return python
  const fresh = `${shared}.new-${process.pid}`
  mkdirSync(dirname(shared), { recursive: true })
  await run('python3', ['-m', 'venv', fresh])
  const options = ['--disable-pip-version-check', '--no-input', '--quiet']
  await run(join(fresh, 'bin', 'python'), ['-m', 'pip', 'install', ...options, requirement])
  rmSync(shared, { recursive: true, force: true })
  renameSync(fresh, shared)
  return python
}

/** What it has to say; nothing when all is well. */
export async function lintTemplate(path: string): Promise<string> {
  // The CDK names in DependsOn what a reference implies already.
  const words = ['-m', 'cfnlint', '--ignore-checks', 'W3005', '--regions', 'eu-west-1', '--', path]
  const { stdout } = await run(await interpreter(), words).catch(
    (error: { readonly stdout: string }) => error,
  )
  return stdout.trim()
}
