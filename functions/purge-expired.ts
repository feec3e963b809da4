/** Called by a schedule: deletes what is kept no longer. */
import { purgeExpired } from '#operations/retention/purge-expired.ts'
import { lambda } from './lambda.ts'

export const handler = lambda((ports, _event: object) => purgeExpired(ports))
