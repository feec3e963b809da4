/** What a secret looks like, with a new value and under another name; copied to other regions; rotated by a function. */
import { examplesOf } from '../kit/index.ts'
import { secret } from './secret.ts'

const readers = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::123456789012:root' },
      Action: 'secretsmanager:GetSecretValue',
      Resource: '*',
    },
  ],
}

export const secretExamples = examplesOf(secret, {
  base: {
    name: 'shop/database',
    description: 'Login of the shop',
    value: '{"username": "shop", "password": "correct horse"}',
    recovery_window_in_days: 0,
    tags: { team: 'shop', stage: 'trial' },
  },
  update: {
    description: 'Login of the shop and its reports',
    value: '{"username": "shop", "password": "battery staple"}',
    policy: readers,
    tags: { team: 'shop', tier: '1' },
  },
  replace: { name: 'shop/database-2' },
})

export const copiedSecretExamples = examplesOf(secret, {
  variant: 'copied',
  base: {
    name: 'shop/session-key',
    value: 'first-key',
    replica_regions: ['eu-west-1'],
    recovery_window_in_days: 0,
  },
  update: { replica_regions: ['eu-central-1'] },
  replace: { name: 'shop/session-key-2' },
})

export const rotatedSecretExamples = examplesOf(secret, {
  variant: 'rotated',
  base: {
    name: 'shop/api-key',
    value: 'first-key',
    rotation_lambda_arn: 'arn:aws:lambda:us-east-1:123456789012:function:rotate',
    rotation_rules: { AutomaticallyAfterDays: 30 },
  },
  update: { rotation_rules: { AutomaticallyAfterDays: 7 }, rotate_immediately: false },
  replace: { name: 'shop/api-key-2' },
  emulator: 'a rotation runs a Lambda function, which needs Docker there',
})
