/** A database that restarts is waited for, within reason. */
import type { Ports } from '../ports.ts'
import { isDatabaseGone } from './database-gone.ts'

const patienceMs = 30_000

/** Does `work` again while the database does not answer, for half a minute; then fails as it did last. */
export async function whenDatabaseAnswers<Result>(
  { clock }: Pick<Ports, 'clock'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const giveUpAt = clock.now().getTime() + patienceMs
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 2_000)) {
    try {
      return await work()
    } catch (error) {
      if (!isDatabaseGone(error) || clock.now().getTime() > giveUpAt) throw error
    }
    await clock.sleep(delayMs)
  }
}
