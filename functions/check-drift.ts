/** A task of machine `drift`: where to look, a sync for each place, the end. */
import { checkDrift, type DriftStep } from '#operations/drift/check-drift.ts'
import { lambda } from './lambda.ts'

export const handler = lambda((ports, step: DriftStep) => checkDrift(ports, step))
