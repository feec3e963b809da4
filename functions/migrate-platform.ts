/** Called by CloudFormation at every deployment, before anything of the new version serves. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { host } from '#operations/host.ts'
import { migrateDeployment } from '#operations/platform/migrate-deployment.ts'
import { secretsManagerLogins } from '#operations/secrets/secrets-manager-logins.ts'
import { customResource } from './custom-resource.ts'

export const handler = customResource(async (pace) => {
  const store = new SecretsManagerClient()
  const firstOwnerSecret = async () => {
    const SecretId = process.env.IASQL_FIRST_OWNER_SECRET
    return (await store.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? ''
  }
  return migrateDeployment(await host(), { secrets: secretsManagerLogins(store), firstOwnerSecret }, pace)
})
