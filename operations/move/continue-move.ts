/** One invocation's worth of a move that nobody waits for; the next sweep starts another one where it is not enough. */
import type { Ports } from '../ports.ts'
import { workOnMove } from './work-on-move.ts'

/** In the directory. */
export async function continueMove(ports: Ports, { tenantId }: { readonly tenantId: string }): Promise<void> {
  const untilMs = ports.clock.now().getTime() + ports.defaults.budgetMs
  try {
    await workOnMove(ports, tenantId, () => ports.clock.now().getTime() >= untilMs)
  } catch (error) {
    ports.log('error', 'A tenant could not be moved for now; it is tried again.', { tenantId, error })
    ports.count?.('Errors')
  }
}
