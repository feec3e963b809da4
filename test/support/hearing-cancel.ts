/** Ports that tell when an invocation has heard of a cancel, however long that takes on the machine of the moment. */
import type { Ports } from '#operations/ports.ts'

export interface HearingCancel {
  readonly ports: Ports
  /** Resolves when the database has answered an invocation that its execution is not wanted any more. */
  readonly heard: Promise<void>
}

export function hearingCancel(ports: Ports): HearingCancel {
  const { promise: heard, resolve } = Promise.withResolvers<void>()
  const { platform } = ports
  const query: Ports['platform']['query'] = async <Row extends object>(
    ...given: Parameters<Ports['platform']['query']>
  ) => {
    const rows = await platform.query<Row>(...given)
    if (rows.some((row) => 'cancel_requested' in row && row.cancel_requested === true)) resolve()
    return rows
  }
  return { ports: { ...ports, platform: { ...platform, query } }, heard }
}
