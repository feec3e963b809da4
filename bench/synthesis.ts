/** How long `npx cdk synth` takes, as after `npm ci`: no credentials, no context, nothing built before. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Figure, timed } from './figure.ts'

const run = async (...words: readonly string[]): Promise<void> => {
  const { HOME, PATH } = process.env
  const child = spawn(process.execPath, words, { env: { HOME, PATH }, stdio: 'ignore' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}`)
}

export const synthesis = async (): Promise<readonly Figure[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'iasql-synth-'))
  try {
    const floor = await timed(() => run('-e', "import('aws-cdk-lib')"))
    const value = await timed(() =>
      run('node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--output', folder),
    )
    return [
      {
        name: 'cdk synth, functions bundled',
        value: value / 1_000,
        unit: 's',
        floor: floor / 1_000,
        floorOf: 'starting Node with aws-cdk-lib',
        target: '≤ 20 s',
      },
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
