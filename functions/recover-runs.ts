/** Called by a schedule: runs whose runner died are ended or begun, executions that nobody drives go on, rows that were locked get their outputs, secrets that nobody came for go; statements that take too long are ended, tenants measured, and deletions finished. */
import { projectLeftovers } from '#operations/apply/project-leftovers.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import type { Ports, StateMachines } from '#operations/ports.ts'
import { recoverRuns } from '#operations/run/recover-runs.ts'
import { forgetUnshown } from '#operations/secrets/forget-unshown.ts'
import { finishDeletions } from '#operations/tenant/delete-tenant.ts'
import { measureTenants } from '#operations/tenant/measure-tenants.ts'
import { endRunaways } from '#operations/watchdog/end-runaways.ts'
import { lambda } from './lambda.ts'

export const handler = lambda(async (ports, _event: object) => {
  const machines = oncePerHour(ports)
  const swept = await Promise.allSettled([
    recoverRuns(ports),
    recoverExecutions({ ...ports, machines }),
    projectLeftovers(ports),
    forgetUnshown(ports),
    endRunaways(ports),
    measureTenants(ports),
    finishDeletions(ports),
  ])
  const failures = swept.flatMap((part) => (part.status === 'rejected' ? [part.reason] : []))
  if (failures.length > 0) throw new AggregateError(failures, `The sweep failed: ${failures.join('; ')}`)
})

/** Nobody can see whether a machine drives an execution, so each sweep starts one: by a name that starts once an hour. */
function oncePerHour({ machines, clock }: Ports): StateMachines {
  const hour = Math.floor(clock.now().getTime() / 3_600_000)
  return {
    start: (machine, _name, input) =>
      machines.start(machine, [...Object.values(input), 'swept', hour].join('-'), input),
  }
}
