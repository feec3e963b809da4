/** What happens now and then without anybody asking, as the schedules of `cdk/schedules.ts` do on AWS. */
import type { Ports } from '#operations/ports.ts'
import { purgeExpired } from '#operations/retention/purge-expired.ts'
import { rotateSecrets } from '#operations/tenant/rotate-secrets.ts'
import { repeat } from './repeat.ts'

/** How often runs and executions that were left alone are looked for. */
const sweep = { firstMs: 30_000, everyMs: 30_000 }
/** How often it is looked whether a drift check is due, or what was edited is to be applied. */
const tick = { firstMs: 60_000, everyMs: 60_000 }
/** How often what is kept no longer is deleted; not while the server is starting. */
const purge = { firstMs: 600_000, everyMs: 3_600_000 }
/** How often passwords are looked through for old ones. */
const rotation = { firstMs: 900_000, everyMs: 86_400_000 }

/** The functions that log their own failures. */
interface Scheduled {
  readonly recoverRuns: (event: object) => Promise<void>
  readonly startDriftChecks: (event: object) => Promise<void>
}

/** Gives what stops each of them. */
export function startSchedules(
  ports: Ports,
  { recoverRuns, startDriftChecks }: Scheduled,
): readonly { stop(): Promise<void> }[] {
  const logged = () => undefined
  const failed = (message: string) => (error: unknown) => ports.log('warn', message, { error })
  const rotate = async (): Promise<void> => {
    await rotateSecrets(ports)
  }
  return [
    repeat({ ...sweep, work: () => recoverRuns({}), failed: logged }),
    repeat({ ...tick, work: () => startDriftChecks({}), failed: logged }),
    repeat({ ...rotation, work: rotate, failed: failed('Passwords of tenants could not be replaced.') }),
    repeat({
      ...purge,
      work: (signal) => purgeExpired(ports, { signal }),
      failed: failed('What is kept no longer could not be deleted.'),
    }),
  ]
}
