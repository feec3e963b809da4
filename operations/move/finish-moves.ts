/** Moves that a crash or the end of a call has left on their way: the sweep starts runners for them, which have tenants' logins. */
import { openMoves } from '#postgres/statements/tenant-move-open.ts'
import type { Ports } from '../ports.ts'

/** In the directory. A runner that comes while another is at work on a move leaves it alone. */
export async function finishMoves({
  platform,
  clock,
  invoker,
}: Pick<Ports, 'platform' | 'clock' | 'invoker'>): Promise<void> {
  for (const tenantId of await openMoves(platform, clock.now())) await invoker.moveTenant({ tenantId })
}
