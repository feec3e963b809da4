/** One worker's hold of a move, and what the work on it needs. */
import { randomUUID } from 'node:crypto'
import type { Database } from '#postgres/database.ts'
import { type FoundTenant, findTenant } from '#postgres/statements/tenant-find.ts'
import { type Holding, holdMove, letGoOfMove, type Move } from '#postgres/statements/tenant-move.ts'
import type { Ports } from '../ports.ts'

/** Thrown between steps: time is over, or somebody else has the move. What was done so far stays. */
export class MovePaused extends Error {
  constructor() {
    super('the move goes on later')
    this.name = 'MovePaused'
  }
}

export interface MoveWork {
  /** In the directory. */
  readonly ports: Ports
  readonly tenant: FoundTenant
  readonly move: Move
  readonly holding: Holding
  readonly source: Database
  readonly target: Database
  /** @throws MovePaused */
  readonly pause: () => Promise<void>
}

/** How often the hold is made longer, milliseconds. */
const renewMs = 15_000

/** Undefined while somebody else is at work on it, and when it is over. */
export async function holdWork(
  ports: Ports,
  tenantId: string,
  isOver: () => boolean,
): Promise<MoveWork | undefined> {
  const directory = ports.platform
  const holding = { tenantId, holder: randomUUID() }
  const now = () => ports.clock.now()
  const move = await holdMove(directory, holding, now())
  const tenant = move && (await findTenant(directory, { id: tenantId }))
  if (!tenant) return undefined
  let heldMs = now().getTime()
  const pause = async () => {
    if (isOver()) throw new MovePaused()
    if (now().getTime() - heldMs < renewMs) return
    heldMs = now().getTime()
    if (!(await holdMove(directory, holding, now()))) throw new MovePaused()
  }
  return {
    ports,
    tenant,
    move,
    holding,
    source: ports.cellDatabase(move.source_database),
    target: ports.cellDatabase(move.target_database),
    pause,
  }
}

export const letGo = ({ ports, holding }: MoveWork): Promise<void> => letGoOfMove(ports.platform, holding)
