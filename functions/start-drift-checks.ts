/** Called by a schedule: begins the drift checks that are due, and applies what was edited where that goes by itself. */
import { startAutomaticApplies } from '#operations/automatic/start-automatic-applies.ts'
import { startDriftChecks } from '#operations/drift/start-drift-checks.ts'
import type { Ports } from '#operations/ports.ts'
import { eachCell } from '#operations/tenant/cells.ts'
import { lambda } from './lambda.ts'

export const handler = lambda((ports, _event: object) => eachCell(ports, begin))

async function begin(ports: Ports): Promise<void> {
  const done = await Promise.allSettled([startAutomaticApplies(ports), startDriftChecks(ports)])
  const failures = done.flatMap((part) => (part.status === 'rejected' ? [part.reason] : []))
  if (failures.length > 0) throw new AggregateError(failures, `The tick failed: ${failures.join('; ')}`)
}
