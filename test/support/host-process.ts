/** A process that holds a data directory with what runs on it, so that a test can kill it: `node host-process.ts <what> <folder>`. */
import { openDataDirectory } from '#local/data-directory/open-data-directory.ts'
import { startMoto } from '#local/moto/start-moto.ts'
import { startPostgres } from '#local/postgres/start-postgres.ts'

const [, , what = '', folder = ''] = process.argv
const log = (): void => {}

const serve = async (): Promise<object> => {
  const { path, secrets } = await openDataDirectory(folder)
  if (what === 'postgres') return startPostgres({ directory: path, secrets, log })
  if (what === 'moto') return startMoto({ directory: path, log, progress: log })
  return {}
}

try {
  process.stdout.write(`${JSON.stringify(await serve())}\n`)
  setInterval(() => {}, 1_000)
} catch (error) {
  process.stdout.write(`${JSON.stringify({ refused: (error as Error).message })}\n`)
}
