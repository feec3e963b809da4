/** A call that makes or changes something: secrets and contents of the row are opened for it, and for nothing else. */
import type { Outcome } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { type OpenedContents, openContents, withContents } from '../content/open-contents.ts'
import { hideSecrets } from '../secrets/hide-secrets.ts'
import { type OpenedSecrets, openSecrets, withSecrets } from '../secrets/open-secrets.ts'
import { type ApplyRun, type Attempted, attempt } from './apply-run.ts'
import type { Job } from './jobs.ts'

interface Opened {
  readonly secrets: OpenedSecrets
  readonly contents: OpenedContents
}

/**
 * Before the intent is stored: what cannot be opened is refused while nothing has been asked of the cloud. `sent` are the
 * columns that the call is made for.
 */
export async function openFor({ context }: ApplyRun, { type }: Job, want: Row, sent: Row): Promise<Opened> {
  const { ports, tenant } = context
  const secrets = await openSecrets(ports, tenant, type, want)
  return { secrets, contents: await openContents(ports, tenant, type, sent) }
}

/** `make` gets rows with the values in place of their markers. */
export async function attemptWrite(
  run: ApplyRun,
  { type }: Job,
  { secrets, contents }: Opened,
  make: (reveal: (row: Row) => Row) => Promise<Outcome>,
): Promise<Attempted<Outcome>> {
  return await attempt(run, async () => {
    try {
      return await make((row) => withContents(withSecrets(type, row, secrets), contents))
    } catch (error) {
      throw error instanceof IasqlError ? hideSecrets(error, secrets) : unexplained(error, secrets)
    }
  })
}

/** An error of our own code is logged whole, and its text may repeat what it worked on. */
const unexplained = (error: unknown, opened: OpenedSecrets): unknown =>
  opened.size === 0 ? error : new Error(`a mapper failed on a row with secrets: ${(error as Error)?.name}`)
