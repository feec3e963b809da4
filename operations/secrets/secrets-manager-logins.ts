/** The passwords of tenants' logins on AWS: each a secret of Secrets Manager, in the form that the Data API itself reads. */
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { Credentials, Secrets } from '#postgres/secrets.ts'

export const secretsManagerLogins = (client: Pick<SecretsManagerClient, 'send'>): Secrets => ({
  get: async (secret) => {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secret }))
    return credentialsOf(secret, SecretString)
  },
  put: async (secret, { user, password }) => {
    const SecretString = JSON.stringify({ username: user, password })
    try {
      const Description = 'Login of a tenant'
      await client.send(new CreateSecretCommand({ Name: secret, SecretString, Description }))
    } catch (error) {
      if (!(error instanceof ResourceExistsException)) throw error
      await client.send(new PutSecretValueCommand({ SecretId: secret, SecretString }))
    }
  },
  delete: async (secret) => {
    try {
      await client.send(new DeleteSecretCommand({ SecretId: secret, ForceDeleteWithoutRecovery: true }))
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error
    }
  },
})

/** The text itself never gets into an error, which is logged. */
function credentialsOf(secret: string, text: string): Credentials {
  const failure = new Error(`The secret ${secret} does not hold a username and a password.`)
  let held: { readonly username?: unknown; readonly password?: unknown } | null
  try {
    held = JSON.parse(text)
  } catch {
    throw failure
  }
  const { username, password } = held ?? {}
  if (typeof username !== 'string' || typeof password !== 'string' || password === '') throw failure
  return { user: username, password }
}
