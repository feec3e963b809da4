/** Called by a schedule: runs whose runner died are ended or begun, executions that nobody drives go on, rows that were locked get their outputs, secrets that nobody came for go; statements that take too long are ended, tenants measured, and deletions and moves finished. */
import { projectLeftovers } from '#operations/apply/project-leftovers.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { finishMoves } from '#operations/move/finish-moves.ts'
import type { Ports, StateMachines } from '#operations/ports.ts'
import { recoverRuns } from '#operations/run/recover-runs.ts'
import { forgetUnshown } from '#operations/secrets/forget-unshown.ts'
import { eachCell } from '#operations/tenant/cells.ts'
import { finishDeletions } from '#operations/tenant/delete-tenant.ts'
import { measureTenants } from '#operations/tenant/measure-tenants.ts'
import { endRunaways } from '#operations/watchdog/end-runaways.ts'
import { lambda } from './lambda.ts'

export const handler = lambda((ports, _event: object) => eachCell(ports, sweep))

async function sweep(ports: Ports): Promise<void> {
  const machines = oncePerHour(ports)
  const measured = measureTenants(ports)
  const swept = await Promise.allSettled([
    recoverRuns(ports),
    recoverExecutions({ ...ports, machines }),
    projectLeftovers(ports),
    forgetUnshown(ports),
    endRunaways(ports),
    measured,
    ...(ports.directory ? [mend(ports, measured)] : [finishDeletions(ports), finishMoves(ports)]),
  ])
  const failures = swept.flatMap((part) => (part.status === 'rejected' ? [part.reason] : []))
  if (failures.length > 0) throw new AggregateError(failures, `The sweep failed: ${failures.join('; ')}`)
}

/** What was measured is told with the rest. Most deployments have no cell, and do not load what looks after one. */
async function mend(ports: Ports, measured: Promise<void>): Promise<void> {
  await measured.catch(() => undefined)
  const { mendCell } = await import('#operations/tenant/mend-cell.ts')
  await mendCell(ports)
}

/** Nobody can see whether a machine drives an execution, so each sweep starts one: by a name that starts once an hour. */
function oncePerHour({ machines, clock }: Ports): StateMachines {
  const hour = Math.floor(clock.now().getTime() / 3_600_000)
  return {
    start: (machine, _name, input) =>
      machines.start(machine, [...Object.values(input), 'swept', hour].join('-'), input),
  }
}
