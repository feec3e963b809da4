/** Passwords, keys and tokens that services fetch when they need them. */
import { defineModule } from '../kit/index.ts'
import { leftOut } from './left-out.ts'
import { copiedSecretExamples, rotatedSecretExamples, secretExamples } from './secret.examples.ts'
import { secret } from './secret.ts'

export const awsSecretsManager = defineModule({
  name: 'aws_secrets_manager',
  version: '0.1.0',
  requires: ['aws_account'],
  tables: [secret],
  examples: [secretExamples, copiedSecretExamples, rotatedSecretExamples],
  leftOut,
})
