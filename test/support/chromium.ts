/** Chromium for the tests of pages: the machine's own, else installed where apt-get can. Vitest runs `setup` before them. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']
const aptGet = '/usr/bin/apt-get'
const places = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

const find = (): string | undefined => {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...candidates, ...places].find((path) => existsSync(path))
}

/** @throws Error that says how to get one */
export function chromiumPath(): string {
  const path = process.env.IASQL_CHROMIUM ?? find()
  if (path !== undefined) return path
  throw new Error(
    'The tests of pages need Chromium, and there is none on the PATH: apt-get install chromium, or name one by IASQL_CHROMIUM.',
  )
}

/** Never fails: where there is no Chromium afterwards, the tests that need it say so. */
export function setup(): void {
  const mayInstall = process.getuid?.() === 0 && existsSync(aptGet)
  if (process.env.IASQL_CHROMIUM !== undefined || find() !== undefined || !mayInstall) return
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const words = ['-qq', '-o', 'DPkg::Lock::Timeout=120']
  for (const command of [['update'], ['install', '--yes', '--no-install-recommends', 'chromium']])
    spawnSync(aptGet, [...words, ...command], { env, stdio: ['ignore', 'ignore', 'inherit'] })
}
