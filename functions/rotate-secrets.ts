/** Called by a schedule: passwords of tenants' logins that are old are replaced. */
import { rotateSecrets } from '#operations/tenant/rotate-secrets.ts'
import { lambda } from './lambda.ts'

export const handler = lambda(async (ports, _event: object) => {
  await rotateSecrets(ports)
})
