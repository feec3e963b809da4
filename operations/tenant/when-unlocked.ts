/** Work on a schema that others use: what they have locked is waited for, a little at a time. */
import type { Ports } from '../ports.ts'

/** SQLSTATEs: lock not available, deadlock detected, a tuple that two updated at once, an object that two made at once. */
const locked = /SQLState: (55P03|40P01|XX000)$|unique constraint "pg_\w+"[\s\S]*SQLState: 23505$/
const againMs = 2_000

/** Somebody else migrates, or has a table open: what was begun is taken back, and begun again a little later. */
export async function whenUnlocked(
  { clock }: Pick<Ports, 'clock'>,
  untilMs: number,
  work: () => Promise<void>,
): Promise<void> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isLocked = error instanceof Error && locked.test(error.message)
      if (!isLocked || clock.now().getTime() + againMs >= untilMs) throw error
      await clock.sleep(againMs)
    }
  }
}
