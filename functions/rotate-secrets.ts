/** Called by a schedule: passwords of tenants' logins that are old are replaced. */
import { eachCell } from '#operations/tenant/cells.ts'
import { rotateSecrets } from '#operations/tenant/rotate-secrets.ts'
import { lambda } from './lambda.ts'

export const handler = lambda((ports, _event: object) =>
  eachCell(ports, async (there) => {
    await rotateSecrets(there)
  }),
)
