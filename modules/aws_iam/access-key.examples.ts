/** What an access key looks like, and switched off. */
import { examplesOf } from '../kit/index.ts'
import { accessKey } from './access-key.ts'

export const accessKeyExamples = examplesOf(accessKey, {
  needs: { holder: { table: 'iam_user', row: { user_name: 'deployer' } } },
  base: { user_name: 'deployer' },
  update: { status: 'Inactive' },
  replace: null,
  emulator: 'a key is made by access_key_request and not by a row',
})
